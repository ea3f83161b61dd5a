ALTER TABLE "role_assignment" ADD COLUMN "granted_by" TEXT;

ALTER TABLE "group_role_assignment" ADD COLUMN "granted_by" TEXT;

CREATE INDEX "user_name_id_idx" ON "user"("name", "id");

CREATE INDEX "user_created_at_id_idx" ON "user"("created_at", "id");

CREATE INDEX "group_name_id_idx" ON "group"("name", "id");
