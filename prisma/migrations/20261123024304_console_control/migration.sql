-- AlterTable
ALTER TABLE "console_session" ADD COLUMN     "in_control" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "view_only" BOOLEAN NOT NULL DEFAULT false;


