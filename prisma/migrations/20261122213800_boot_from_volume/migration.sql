-- AlterTable
ALTER TABLE "instance" ALTER COLUMN "image_name" DROP NOT NULL,
ALTER COLUMN "image_source" DROP NOT NULL;
