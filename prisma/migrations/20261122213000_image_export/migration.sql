-- AlterEnum
ALTER TYPE "image_origin" ADD VALUE 'snapshot';

-- AlterTable
ALTER TABLE "image" ADD COLUMN     "export_bytes" BIGINT,
ADD COLUMN     "export_fault" JSONB,
ADD COLUMN     "export_percent" INTEGER,
ADD COLUMN     "export_sha256" TEXT,
ADD COLUMN     "source_hypervisor_id" UUID,
ADD COLUMN     "source_snapshot_id" UUID;

-- CreateIndex
CREATE INDEX "image_source_hypervisor_id_idx" ON "image"("source_hypervisor_id");

-- CreateIndex
CREATE INDEX "image_source_volume_id_idx" ON "image"("source_volume_id");
