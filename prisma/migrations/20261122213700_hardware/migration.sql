-- AlterTable
ALTER TABLE "instance" ADD COLUMN     "hardware" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "volume" ADD COLUMN     "hardware" JSONB NOT NULL DEFAULT '{}';
