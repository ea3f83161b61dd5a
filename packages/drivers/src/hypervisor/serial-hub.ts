/**
 * One serial line, many viewers. QEMU's serial socket takes a single client, so a hub holds it and fans it out. The
 * guest is never held up: a viewer that does not keep up misses output, is told so, and goes on with the newest part.
 */
import { Duplex } from "node:stream";

/** What a new viewer sees of the past, and what one that fell behind gets again. */
export const replayBytes = 64 * 1024;
/** What may wait for one viewer before it counts as behind. */
const backlogBytes = 256 * 1024;
const skippedNote = Buffer.from("\r\n[... output skipped ...]\r\n");

export type SerialHub = {
  view(): Duplex;
  readonly viewers: number;
  /** Ends all viewers and the line. */
  end(): void;
};

type Viewer = { stream: Duplex; behind: boolean };

/**
 * @param line the connected serial line
 * @param past output from before the line was connected, the newest last
 * @param onEnd called once, when the line ended or its last viewer left
 */
export function openSerialHub(line: Duplex, past: Buffer, onEnd: () => void): SerialHub {
  const viewers = new Set<Viewer>();
  let recent = newest(past);
  let over = false;

  const end = () => {
    if (over) return;
    over = true;
    line.destroy();
    for (const { stream } of viewers) stream.push(null);
    viewers.clear();
    onEnd();
  };
  const show = (viewer: Viewer, chunk: Buffer) => {
    if (viewer.behind) return;
    viewer.behind = viewer.stream.readableLength > backlogBytes;
    if (!viewer.behind) viewer.stream.push(chunk);
  };
  line.on("data", (chunk: Buffer) => {
    recent = newest(Buffer.concat([recent, chunk]));
    for (const viewer of viewers) show(viewer, chunk);
  });
  line.on("error", end);
  line.on("close", end);
  line.on("end", end);

  return {
    get viewers() {
      return viewers.size;
    },
    end,
    view() {
      const viewer: Viewer = { stream: viewerStream(line, catchUp), behind: false };
      function catchUp() {
        if (!viewer.behind || over) return;
        viewer.behind = false;
        viewer.stream.push(Buffer.concat([skippedNote, recent]));
      }
      viewer.stream.once("close", () => {
        viewers.delete(viewer);
        if (viewers.size === 0) end();
      });
      if (over) {
        viewer.stream.push(null);
        return viewer.stream;
      }
      viewers.add(viewer);
      if (recent.length > 0) viewer.stream.push(recent);
      return viewer.stream;
    },
  };
}

/** `onWanted` is called whenever the viewer has room again. */
function viewerStream(line: Duplex, onWanted: () => void): Duplex {
  return new Duplex({
    allowHalfOpen: false,
    read: onWanted,
    write(chunk, _encoding, done) {
      if (line.destroyed) return done();
      line.write(chunk, (error) => done(error ?? null));
    },
  });
}

function newest(bytes: Buffer): Buffer {
  return bytes.length > replayBytes ? Buffer.from(bytes.subarray(bytes.length - replayBytes)) : bytes;
}
