-- Volumes that hypervisors have and nobody asked for; and deletions that wait for no hypervisor.

-- AlterTable
ALTER TABLE "volume" ADD COLUMN     "force_delete_requested_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "orphan_volume" (
    "hypervisor_id" UUID NOT NULL,
    "volume_id" UUID NOT NULL,
    "used_bytes" BIGINT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "fault" JSONB,
    "remove_requested_at" TIMESTAMPTZ(3),
    "requested_by_id" UUID,

    CONSTRAINT "orphan_volume_pkey" PRIMARY KEY ("hypervisor_id","volume_id")
);

-- AddForeignKey
ALTER TABLE "orphan_volume" ADD CONSTRAINT "orphan_volume_hypervisor_id_fkey" FOREIGN KEY ("hypervisor_id") REFERENCES "hypervisor"("id") ON DELETE CASCADE ON UPDATE CASCADE;
