CREATE INDEX "image_name_id_idx" ON "image"("name", "id");

CREATE INDEX "image_created_at_id_idx" ON "image"("created_at", "id");

-- Lists of images sort by it; what has no bytes yet counts as none.
CREATE INDEX "image_size_id_idx" ON "image"((coalesce("size_bytes", 0)), "id");

CREATE INDEX "instance_image_id_idx" ON "instance"("image_id");

CREATE INDEX "volume_image_id_idx" ON "volume"("image_id");
