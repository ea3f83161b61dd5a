/** Which storage drivers there are. Nobody else imports an implementation. */
import type { StorageDriver } from "./driver.ts";
import { openSimulatedStorage, type SimulatedStorage, type SimulatedStorageOptions } from "./fake.ts";
import { type FileOptions, openFile } from "./file/file.ts";

/** The options of every driver; each takes its own. */
export type StorageOptions = { file: FileOptions; simulated: SimulatedStorageOptions };
export type StorageKind = keyof StorageOptions;
export type { SimulatedStorage, SimulatedStorageKnobs } from "./fake.ts";

/** What each opens: only the simulator can do more than a driver. */
type StorageDrivers = { file: StorageDriver; simulated: SimulatedStorage };

const drivers: { [K in StorageKind]: (options: StorageOptions[K]) => Promise<StorageDrivers[K]> } = {
  file: openFile,
  simulated: async (options) => openSimulatedStorage(options),
};

export const storageKinds: readonly StorageKind[] = ["file", "simulated"];

export function createStorageDriver<K extends StorageKind>(
  kind: K,
  options: StorageOptions[K],
): Promise<StorageDrivers[K]> {
  return drivers[kind](options);
}
