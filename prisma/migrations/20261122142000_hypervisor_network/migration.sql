-- AlterTable
ALTER TABLE "hypervisor" ADD COLUMN     "network" JSONB;
