-- CreateIndex
CREATE INDEX "event_operation_id_idx" ON "event"("operation_id");

-- CreateIndex
CREATE INDEX "operation_project_id_state_created_at_id_idx" ON "operation"("project_id", "state", "created_at", "id");

-- CreateIndex
CREATE INDEX "operation_parent_id_state_idx" ON "operation"("parent_id", "state");
