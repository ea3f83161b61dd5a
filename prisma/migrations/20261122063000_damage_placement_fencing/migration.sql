-- CreateEnum
CREATE TYPE "crash_policy" AS ENUM ('restart', 'stop');

-- AlterTable
ALTER TABLE "flavor" ADD COLUMN     "required_properties" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "guest" ADD COLUMN     "operation_id" UUID;

-- AlterTable
ALTER TABLE "hypervisor" ADD COLUMN     "fence_requested_at" TIMESTAMPTZ(3),
ADD COLUMN     "fenced_boot_id" UUID;

-- AlterTable
ALTER TABLE "instance" ADD COLUMN     "adopt_guest_id" UUID,
ADD COLUMN     "adopt_hypervisor_id" UUID,
ADD COLUMN     "crash_policy" "crash_policy" NOT NULL DEFAULT 'restart',
ADD COLUMN     "force_delete_requested_at" TIMESTAMPTZ(3),
ADD COLUMN     "observed_reset_seq" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "required_properties" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "reset_seq" INTEGER NOT NULL DEFAULT 0,
ALTER COLUMN "availability_zone" DROP NOT NULL,
ALTER COLUMN "availability_zone" DROP DEFAULT;

-- CreateTable
CREATE TABLE "host_aggregate" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "properties" JSONB NOT NULL DEFAULT '{}',
    "generation" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "host_aggregate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "host_aggregate_member" (
    "aggregate_id" UUID NOT NULL,
    "hypervisor_id" UUID NOT NULL,

    CONSTRAINT "host_aggregate_member_pkey" PRIMARY KEY ("aggregate_id","hypervisor_id")
);

-- CreateTable
CREATE TABLE "placement_weight" (
    "name" TEXT NOT NULL,
    "factor" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "placement_weight_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "orphan_order" (
    "id" UUID NOT NULL,
    "hypervisor_id" UUID NOT NULL,
    "guest_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "requested_by_id" UUID,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "fault" JSONB,
    "done_at" TIMESTAMPTZ(3),

    CONSTRAINT "orphan_order_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "host_aggregate_name_key" ON "host_aggregate"("name");

-- CreateIndex
CREATE INDEX "host_aggregate_member_hypervisor_id_idx" ON "host_aggregate_member"("hypervisor_id");

-- CreateIndex
CREATE UNIQUE INDEX "orphan_order_hypervisor_id_guest_id_key" ON "orphan_order"("hypervisor_id", "guest_id");

-- AddForeignKey
ALTER TABLE "host_aggregate_member" ADD CONSTRAINT "host_aggregate_member_aggregate_id_fkey" FOREIGN KEY ("aggregate_id") REFERENCES "host_aggregate"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "host_aggregate_member" ADD CONSTRAINT "host_aggregate_member_hypervisor_id_fkey" FOREIGN KEY ("hypervisor_id") REFERENCES "hypervisor"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orphan_order" ADD CONSTRAINT "orphan_order_hypervisor_id_fkey" FOREIGN KEY ("hypervisor_id") REFERENCES "hypervisor"("id") ON DELETE CASCADE ON UPDATE CASCADE;



-- Until now nobody could ask for a zone: what stands there was a default, not a wish.
UPDATE "instance" SET "availability_zone" = NULL;

ALTER TABLE "placement_weight" ADD CONSTRAINT "placement_weight_factor" CHECK ("factor" BETWEEN -1000 AND 1000);
