-- AlterTable
ALTER TABLE "volume" ADD COLUMN     "made" BOOLEAN NOT NULL DEFAULT false;

-- Of those that live somewhere nobody wrote it down.
UPDATE "volume" SET "made" = true WHERE "hypervisor_id" IS NOT NULL;
