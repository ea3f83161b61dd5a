-- CreateTable
CREATE TABLE "volume_transfer" (
    "id" UUID NOT NULL,
    "volume_id" UUID NOT NULL,
    "key_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),

    CONSTRAINT "volume_transfer_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "volume_transfer_volume_id_key" ON "volume_transfer"("volume_id");

-- AddForeignKey
ALTER TABLE "volume_transfer" ADD CONSTRAINT "volume_transfer_volume_id_fkey" FOREIGN KEY ("volume_id") REFERENCES "volume"("id") ON DELETE CASCADE ON UPDATE CASCADE;
