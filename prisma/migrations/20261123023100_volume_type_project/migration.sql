-- CreateTable
CREATE TABLE "volume_type_project" (
    "volume_type_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,

    CONSTRAINT "volume_type_project_pkey" PRIMARY KEY ("volume_type_id","project_id")
);

-- CreateIndex
CREATE INDEX "volume_type_project_project_id_idx" ON "volume_type_project"("project_id");

-- AddForeignKey
ALTER TABLE "volume_type_project" ADD CONSTRAINT "volume_type_project_volume_type_id_fkey" FOREIGN KEY ("volume_type_id") REFERENCES "volume_type"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "volume_type_project" ADD CONSTRAINT "volume_type_project_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;
