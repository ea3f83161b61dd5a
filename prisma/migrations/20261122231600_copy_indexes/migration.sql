-- Lists and deletions ask of each volume and each snapshot what is being made of it.
CREATE INDEX "image_source_snapshot_id_idx" ON "image"("source_snapshot_id");

CREATE INDEX "volume_source_volume_id_idx" ON "volume"("source_volume_id");

CREATE INDEX "volume_source_snapshot_id_idx" ON "volume"("source_snapshot_id");
