-- AlterTable
ALTER TABLE "image" ADD COLUMN     "withdrawn" BOOLEAN NOT NULL DEFAULT false;
