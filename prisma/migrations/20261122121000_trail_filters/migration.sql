-- Part of a name is found by its trigrams. The extension comes with PostgreSQL (Debian: in the server's own package), and
-- the owner of a database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- CreateIndex
CREATE INDEX "event_resource_kind_created_at_id_idx" ON "event"("resource_kind", "created_at", "id");

-- CreateIndex
CREATE INDEX "event_result_created_at_id_idx" ON "event"("result", "created_at", "id");

-- CreateIndex
CREATE INDEX "event_address_created_at_id_idx" ON "event"("address", "created_at", "id");

-- CreateIndex
CREATE INDEX "event_names_idx" ON "event" USING GIN ("actor_name" gin_trgm_ops, "resource_name" gin_trgm_ops);
