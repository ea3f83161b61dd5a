-- CreateEnum
CREATE TYPE "image_format" AS ENUM ('qcow2', 'raw', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso');

-- CreateEnum
CREATE TYPE "image_origin" AS ENUM ('operator', 'upload', 'url', 'volume', 'instance');

-- CreateEnum
CREATE TYPE "image_member_state" AS ENUM ('pending', 'accepted', 'rejected');

-- CreateEnum
CREATE TYPE "volume_source" AS ENUM ('blank', 'image', 'volume', 'snapshot');

-- CreateEnum
CREATE TYPE "volume_observed" AS ENUM ('unknown', 'absent', 'available', 'failed');

-- CreateEnum
CREATE TYPE "attachment_phase" AS ENUM ('reserved', 'attaching', 'attached', 'detaching');

-- DropIndex
DROP INDEX "image_project_id_idx";

-- AlterTable
ALTER TABLE "guest" ADD COLUMN     "disks" JSONB;

-- AlterTable
ALTER TABLE "hypervisor" ADD COLUMN     "storage" JSONB;

-- AlterTable
ALTER TABLE "image" ADD COLUMN     "deactivated" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "expected_hash" JSONB,
ADD COLUMN     "origin" "image_origin" NOT NULL DEFAULT 'operator',
ADD COLUMN     "sha512" TEXT,
ADD COLUMN     "source_instance_id" UUID,
ADD COLUMN     "source_url" TEXT,
ADD COLUMN     "source_volume_id" UUID,
ADD COLUMN     "upload_ended_at" TIMESTAMPTZ(3),
ADD COLUMN     "upload_format" "image_format",
ADD COLUMN     "upload_sha256" TEXT,
ADD COLUMN     "upload_size_bytes" BIGINT,
ADD COLUMN     "uploaded_bytes" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "user_id" UUID;

-- CreateTable
CREATE TABLE "image_member" (
    "image_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "state" "image_member_state" NOT NULL DEFAULT 'pending',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),

    CONSTRAINT "image_member_pkey" PRIMARY KEY ("image_id","project_id")
);

-- CreateTable
CREATE TABLE "volume_type" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "backend" TEXT NOT NULL DEFAULT 'file',
    "public" BOOLEAN NOT NULL DEFAULT true,
    "is_default" BOOLEAN NOT NULL DEFAULT false,
    "qos" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),

    CONSTRAINT "volume_type_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "volume" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "user_id" UUID,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "size_gib" INTEGER NOT NULL,
    "volume_type_id" UUID NOT NULL,
    "availability_zone" TEXT,
    "bootable" BOOLEAN NOT NULL DEFAULT false,
    "delete_protection" BOOLEAN NOT NULL DEFAULT false,
    "source" "volume_source" NOT NULL DEFAULT 'blank',
    "image_source" JSONB,
    "image_id" UUID,
    "source_volume_id" UUID,
    "source_snapshot_id" UUID,
    "revert_snapshot_id" UUID,
    "revert_seq" INTEGER NOT NULL DEFAULT 0,
    "delete_requested_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),
    "generation" INTEGER NOT NULL DEFAULT 1,
    "hypervisor_id" UUID,
    "fault" JSONB,
    "observed" "volume_observed" NOT NULL DEFAULT 'unknown',
    "acked_generation" INTEGER NOT NULL DEFAULT 0,
    "observed_size_bytes" BIGINT,
    "used_bytes" BIGINT,
    "observed_revert_seq" INTEGER NOT NULL DEFAULT 0,
    "phase" TEXT,
    "percent" INTEGER,
    "host_fault" JSONB,
    "reported_at" TIMESTAMPTZ(3),
    "status" TEXT NOT NULL DEFAULT 'creating',

    CONSTRAINT "volume_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "volume_snapshot" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "volume_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "size_gib" INTEGER NOT NULL,
    "group_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),
    "delete_requested_at" TIMESTAMPTZ(3),
    "fault" JSONB,
    "observed" "volume_observed" NOT NULL DEFAULT 'unknown',
    "quiesced" BOOLEAN,
    "taken_at" TIMESTAMPTZ(3),
    "host_fault" JSONB,
    "status" TEXT NOT NULL DEFAULT 'creating',

    CONSTRAINT "volume_snapshot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "volume_attachment" (
    "id" UUID NOT NULL,
    "volume_id" UUID NOT NULL,
    "instance_id" UUID NOT NULL,
    "position" INTEGER NOT NULL DEFAULT 0,
    "read_only" BOOLEAN NOT NULL DEFAULT false,
    "boot" BOOLEAN NOT NULL DEFAULT false,
    "delete_with_instance" BOOLEAN NOT NULL DEFAULT false,
    "detach_requested_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),
    "phase" "attachment_phase" NOT NULL DEFAULT 'reserved',

    CONSTRAINT "volume_attachment_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "image_member_project_id_idx" ON "image_member"("project_id");

-- CreateIndex
CREATE UNIQUE INDEX "volume_type_name_key" ON "volume_type"("name");

-- CreateIndex
CREATE INDEX "volume_project_id_created_at_id_idx" ON "volume"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "volume_project_id_name_id_idx" ON "volume"("project_id", "name", "id");

-- CreateIndex
CREATE INDEX "volume_project_id_status_id_idx" ON "volume"("project_id", "status", "id");

-- CreateIndex
CREATE INDEX "volume_hypervisor_id_idx" ON "volume"("hypervisor_id");

-- CreateIndex
CREATE INDEX "volume_volume_type_id_idx" ON "volume"("volume_type_id");

-- CreateIndex
CREATE INDEX "volume_snapshot_project_id_created_at_id_idx" ON "volume_snapshot"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "volume_snapshot_volume_id_idx" ON "volume_snapshot"("volume_id");

-- CreateIndex
CREATE INDEX "volume_snapshot_group_id_idx" ON "volume_snapshot"("group_id");

-- CreateIndex
CREATE UNIQUE INDEX "volume_attachment_volume_id_key" ON "volume_attachment"("volume_id");

-- CreateIndex
CREATE INDEX "volume_attachment_instance_id_idx" ON "volume_attachment"("instance_id");

-- CreateIndex
CREATE INDEX "image_project_id_created_at_id_idx" ON "image"("project_id", "created_at", "id");

-- AddForeignKey
ALTER TABLE "image" ADD CONSTRAINT "image_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_member" ADD CONSTRAINT "image_member_image_id_fkey" FOREIGN KEY ("image_id") REFERENCES "image"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image_member" ADD CONSTRAINT "image_member_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volume" ADD CONSTRAINT "volume_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volume" ADD CONSTRAINT "volume_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volume" ADD CONSTRAINT "volume_volume_type_id_fkey" FOREIGN KEY ("volume_type_id") REFERENCES "volume_type"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volume" ADD CONSTRAINT "volume_hypervisor_id_fkey" FOREIGN KEY ("hypervisor_id") REFERENCES "hypervisor"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volume_snapshot" ADD CONSTRAINT "volume_snapshot_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volume_snapshot" ADD CONSTRAINT "volume_snapshot_volume_id_fkey" FOREIGN KEY ("volume_id") REFERENCES "volume"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volume_attachment" ADD CONSTRAINT "volume_attachment_volume_id_fkey" FOREIGN KEY ("volume_id") REFERENCES "volume"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volume_attachment" ADD CONSTRAINT "volume_attachment_instance_id_fkey" FOREIGN KEY ("instance_id") REFERENCES "instance"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


