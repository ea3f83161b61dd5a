-- When an instance that was deleted softly is deleted for good.
ALTER TABLE "instance" ADD COLUMN "reclaim_at" TIMESTAMPTZ(3);

CREATE INDEX "instance_reclaim_at_idx" ON "instance"("reclaim_at");
