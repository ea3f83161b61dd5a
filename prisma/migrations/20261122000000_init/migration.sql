-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "role" AS ENUM ('admin', 'manager', 'member', 'reader');

-- CreateEnum
CREATE TYPE "image_status" AS ENUM ('queued', 'saving', 'importing', 'active', 'deactivated', 'killed');

-- CreateEnum
CREATE TYPE "image_visibility" AS ENUM ('public', 'private', 'shared', 'community');

-- CreateEnum
CREATE TYPE "disk_format" AS ENUM ('qcow2', 'raw');

-- CreateEnum
CREATE TYPE "power" AS ENUM ('running', 'stopped');

-- CreateEnum
CREATE TYPE "reboot_kind" AS ENUM ('soft', 'hard');

-- CreateEnum
CREATE TYPE "guest_desired" AS ENUM ('running', 'stopped', 'hold', 'absent');

-- CreateEnum
CREATE TYPE "guest_observed" AS ENUM ('unknown', 'absent', 'running', 'stopped', 'failed');

-- CreateEnum
CREATE TYPE "certificate_kind" AS ENUM ('ca', 'web', 'hypervisor');

-- CreateEnum
CREATE TYPE "operation_state" AS ENUM ('pending', 'running', 'succeeded', 'failed', 'cancelled');

-- CreateTable
CREATE TABLE "domain" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "domain_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user" (
    "id" UUID NOT NULL,
    "domain_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT,
    "password_hash" TEXT,
    "must_change_password" BOOLEAN NOT NULL DEFAULT false,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "role_version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "address" TEXT NOT NULL,
    "user_agent" TEXT NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "project" (
    "id" UUID NOT NULL,
    "domain_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "delete_requested_at" TIMESTAMPTZ(3),
    "generation" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "project_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role_assignment" (
    "user_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "role" "role" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "role_assignment_pkey" PRIMARY KEY ("user_id","project_id","role")
);

-- CreateTable
CREATE TABLE "system_role_assignment" (
    "user_id" UUID NOT NULL,
    "role" "role" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "system_role_assignment_pkey" PRIMARY KEY ("user_id","role")
);

-- CreateTable
CREATE TABLE "quota" (
    "project_id" UUID NOT NULL,
    "resource" TEXT NOT NULL,
    "limit" INTEGER NOT NULL,

    CONSTRAINT "quota_pkey" PRIMARY KEY ("project_id","resource")
);

-- CreateTable
CREATE TABLE "quota_default" (
    "resource" TEXT NOT NULL,
    "limit" INTEGER NOT NULL,

    CONSTRAINT "quota_default_pkey" PRIMARY KEY ("resource")
);

-- CreateTable
CREATE TABLE "flavor" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "vcpus" INTEGER NOT NULL,
    "ram_mib" INTEGER NOT NULL,
    "disk_gib" INTEGER NOT NULL,
    "is_public" BOOLEAN NOT NULL DEFAULT true,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "flavor_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "image" (
    "id" UUID NOT NULL,
    "project_id" UUID,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "visibility" "image_visibility" NOT NULL,
    "status" "image_status" NOT NULL,
    "disk_format" "disk_format" NOT NULL,
    "sha256" TEXT,
    "size_bytes" BIGINT,
    "virtual_size_bytes" BIGINT,
    "min_disk_gib" INTEGER NOT NULL DEFAULT 0,
    "min_ram_mib" INTEGER NOT NULL DEFAULT 0,
    "protected" BOOLEAN NOT NULL DEFAULT false,
    "properties" JSONB NOT NULL DEFAULT '{}',
    "fault" JSONB,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "delete_requested_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "image_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "key_pair" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "public_key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "key_pair_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "instance" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "user_id" UUID,
    "name" TEXT NOT NULL,
    "hostname" TEXT NOT NULL,
    "flavor_id" UUID,
    "flavor_name" TEXT NOT NULL,
    "vcpus" INTEGER NOT NULL,
    "ram_mib" INTEGER NOT NULL,
    "disk_gib" INTEGER NOT NULL,
    "image_id" UUID,
    "image_name" TEXT NOT NULL,
    "image_source" JSONB NOT NULL,
    "key_name" TEXT,
    "public_key" TEXT,
    "user_data_sha256" TEXT,
    "password_hash_sealed" TEXT,
    "availability_zone" TEXT NOT NULL DEFAULT 'nova',
    "machine_type" TEXT NOT NULL,
    "launch_index" INTEGER NOT NULL DEFAULT 0,
    "power" "power" NOT NULL DEFAULT 'running',
    "reboot_seq" INTEGER NOT NULL DEFAULT 0,
    "reboot_kind" "reboot_kind" NOT NULL DEFAULT 'soft',
    "delete_protection" BOOLEAN NOT NULL DEFAULT false,
    "delete_requested_at" TIMESTAMPTZ(3),
    "schedule_deadline" TIMESTAMPTZ(3) NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "active_guest_id" UUID,
    "excluded_hypervisors" UUID[] DEFAULT ARRAY[]::UUID[],
    "self_stopped_at" INTEGER,
    "observed_generation" INTEGER NOT NULL DEFAULT 0,
    "conditions" JSONB NOT NULL DEFAULT '{}',
    "fault" JSONB,
    "launched_at" TIMESTAMPTZ(3),
    "status" TEXT NOT NULL DEFAULT 'BUILD',
    "task_state" TEXT DEFAULT 'scheduling',
    "power_state" TEXT NOT NULL DEFAULT 'NOSTATE',

    CONSTRAINT "instance_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_data" (
    "instance_id" UUID NOT NULL,
    "sha256" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,

    CONSTRAINT "user_data_pkey" PRIMARY KEY ("instance_id")
);

-- CreateTable
CREATE TABLE "guest" (
    "id" UUID NOT NULL,
    "instance_id" UUID NOT NULL,
    "hypervisor_id" UUID NOT NULL,
    "desired" "guest_desired" NOT NULL,
    "instance_generation" INTEGER NOT NULL,
    "reboot_seq" INTEGER NOT NULL DEFAULT 0,
    "reboot_kind" "reboot_kind" NOT NULL DEFAULT 'soft',
    "generation" INTEGER NOT NULL DEFAULT 1,
    "lost_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "observed" "guest_observed" NOT NULL DEFAULT 'unknown',
    "acked_generation" INTEGER NOT NULL DEFAULT 0,
    "observed_reboot_seq" INTEGER NOT NULL DEFAULT 0,
    "stop_cause" TEXT,
    "phase" TEXT,
    "percent" INTEGER,
    "fault" JSONB,
    "reported_at" TIMESTAMPTZ(3),

    CONSTRAINT "guest_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "allocation" (
    "guest_id" UUID NOT NULL,
    "resource_class" TEXT NOT NULL,
    "hypervisor_id" UUID NOT NULL,
    "amount" INTEGER NOT NULL,

    CONSTRAINT "allocation_pkey" PRIMARY KEY ("guest_id","resource_class")
);

-- CreateTable
CREATE TABLE "hypervisor" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "disabled_reason" TEXT NOT NULL DEFAULT '',
    "availability_zone" TEXT NOT NULL DEFAULT 'nova',
    "cpu_allocation_ratio" DOUBLE PRECISION NOT NULL DEFAULT 4,
    "ram_allocation_ratio" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "disk_allocation_ratio" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "reserved_ram_mib" INTEGER NOT NULL DEFAULT 512,
    "revoked_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "fenced_at" TIMESTAMPTZ(3),
    "driver" TEXT NOT NULL DEFAULT '',
    "agent_version" TEXT NOT NULL DEFAULT '',
    "boot_id" UUID,
    "agent_started_at" TIMESTAMPTZ(3),
    "report_sequence" BIGINT NOT NULL DEFAULT -1,
    "inventory" JSONB,
    "capabilities" JSONB,
    "orphans" JSONB NOT NULL DEFAULT '[]',
    "last_seen_at" TIMESTAMPTZ(3),

    CONSTRAINT "hypervisor_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "join_token" (
    "id" UUID NOT NULL,
    "token_hash" TEXT NOT NULL,
    "created_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "hypervisor_id" UUID,

    CONSTRAINT "join_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "certificate" (
    "id" UUID NOT NULL,
    "kind" "certificate_kind" NOT NULL,
    "subject_id" UUID NOT NULL,
    "names" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "csr" TEXT,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "pem" TEXT,
    "serial" TEXT,
    "not_after" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "fault" TEXT,

    CONSTRAINT "certificate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "resource_id" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "project_id" UUID,
    "body_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "resource_id_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operation" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "project_id" UUID,
    "actor_id" UUID,
    "actor_name" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "parent_id" UUID,
    "resource_kind" TEXT NOT NULL,
    "resource_id" UUID NOT NULL,
    "resource_name" TEXT NOT NULL,
    "target_generation" INTEGER NOT NULL DEFAULT 1,
    "cancel_requested" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "state" "operation_state" NOT NULL DEFAULT 'pending',
    "steps" JSONB NOT NULL DEFAULT '[]',
    "percent" INTEGER NOT NULL DEFAULT 0,
    "error" JSONB,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "operation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event" (
    "id" BIGSERIAL NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "xid" xid8 NOT NULL DEFAULT pg_current_xact_id(),
    "project_id" UUID,
    "actor_kind" TEXT NOT NULL,
    "actor_id" UUID,
    "actor_name" TEXT NOT NULL,
    "resource_kind" TEXT NOT NULL,
    "resource_id" UUID NOT NULL,
    "resource_name" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "result" TEXT NOT NULL,
    "request_id" TEXT,
    "operation_id" UUID,
    "address" TEXT,
    "params" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "event_pkey" PRIMARY KEY ("id","created_at")
) PARTITION BY RANGE ("created_at");

-- CreateTable
CREATE TABLE "console_session" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "instance_id" UUID NOT NULL,
    "guest_id" UUID,
    "session_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "ticket_hash" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "redeemed_at" TIMESTAMPTZ(3),
    "internal_url" TEXT,
    "agent_secret" TEXT,
    "agent_dialled_at" TIMESTAMPTZ(3),
    "closed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "console_session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "process" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "pid" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "detail" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "process_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "domain_name_key" ON "domain"("name");

-- CreateIndex
CREATE UNIQUE INDEX "user_domain_id_name_key" ON "user"("domain_id", "name");

-- CreateIndex
CREATE INDEX "session_user_id_idx" ON "session"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "project_domain_id_name_key" ON "project"("domain_id", "name");

-- CreateIndex
CREATE INDEX "role_assignment_project_id_idx" ON "role_assignment"("project_id");

-- CreateIndex
CREATE UNIQUE INDEX "flavor_name_key" ON "flavor"("name");

-- CreateIndex
CREATE INDEX "image_project_id_idx" ON "image"("project_id");

-- CreateIndex
CREATE INDEX "image_sha256_idx" ON "image"("sha256");

-- CreateIndex
CREATE UNIQUE INDEX "key_pair_user_id_name_key" ON "key_pair"("user_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "instance_active_guest_id_key" ON "instance"("active_guest_id");

-- CreateIndex
CREATE INDEX "instance_project_id_created_at_id_idx" ON "instance"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "instance_project_id_name_id_idx" ON "instance"("project_id", "name", "id");

-- CreateIndex
CREATE INDEX "instance_project_id_status_id_idx" ON "instance"("project_id", "status", "id");

-- CreateIndex
CREATE INDEX "user_data_sha256_idx" ON "user_data"("sha256");

-- CreateIndex
CREATE INDEX "guest_instance_id_idx" ON "guest"("instance_id");

-- CreateIndex
CREATE INDEX "guest_hypervisor_id_idx" ON "guest"("hypervisor_id");

-- CreateIndex
CREATE INDEX "allocation_hypervisor_id_idx" ON "allocation"("hypervisor_id");

-- CreateIndex
CREATE UNIQUE INDEX "hypervisor_name_key" ON "hypervisor"("name");

-- CreateIndex
CREATE UNIQUE INDEX "join_token_token_hash_key" ON "join_token"("token_hash");

-- CreateIndex
CREATE UNIQUE INDEX "certificate_serial_key" ON "certificate"("serial");

-- CreateIndex
CREATE INDEX "certificate_kind_subject_id_idx" ON "certificate"("kind", "subject_id");

-- CreateIndex
CREATE INDEX "operation_project_id_created_at_id_idx" ON "operation"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "operation_resource_id_created_at_idx" ON "operation"("resource_id", "created_at");

-- CreateIndex
CREATE INDEX "operation_state_idx" ON "operation"("state");

-- CreateIndex
CREATE INDEX "event_xid_id_idx" ON "event"("xid", "id");

-- CreateIndex
CREATE INDEX "event_project_id_created_at_idx" ON "event"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "event_resource_id_created_at_idx" ON "event"("resource_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "console_session_ticket_hash_key" ON "console_session"("ticket_hash");

-- CreateIndex
CREATE INDEX "console_session_guest_id_idx" ON "console_session"("guest_id");

-- CreateIndex
CREATE INDEX "console_session_closed_at_idx" ON "console_session"("closed_at");

-- CreateIndex
CREATE INDEX "process_kind_idx" ON "process"("kind");

-- AddForeignKey
ALTER TABLE "user" ADD CONSTRAINT "user_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "domain"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project" ADD CONSTRAINT "project_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "domain"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "role_assignment" ADD CONSTRAINT "role_assignment_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "system_role_assignment" ADD CONSTRAINT "system_role_assignment_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "quota" ADD CONSTRAINT "quota_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "image" ADD CONSTRAINT "image_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "key_pair" ADD CONSTRAINT "key_pair_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "instance" ADD CONSTRAINT "instance_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "instance" ADD CONSTRAINT "instance_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "instance" ADD CONSTRAINT "instance_flavor_id_fkey" FOREIGN KEY ("flavor_id") REFERENCES "flavor"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "instance" ADD CONSTRAINT "instance_image_id_fkey" FOREIGN KEY ("image_id") REFERENCES "image"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_data" ADD CONSTRAINT "user_data_instance_id_fkey" FOREIGN KEY ("instance_id") REFERENCES "instance"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "guest" ADD CONSTRAINT "guest_instance_id_fkey" FOREIGN KEY ("instance_id") REFERENCES "instance"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "guest" ADD CONSTRAINT "guest_hypervisor_id_fkey" FOREIGN KEY ("hypervisor_id") REFERENCES "hypervisor"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_guest_id_fkey" FOREIGN KEY ("guest_id") REFERENCES "guest"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_hypervisor_id_fkey" FOREIGN KEY ("hypervisor_id") REFERENCES "hypervisor"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operation" ADD CONSTRAINT "operation_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "operation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "console_session" ADD CONSTRAINT "console_session_instance_id_fkey" FOREIGN KEY ("instance_id") REFERENCES "instance"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "console_session" ADD CONSTRAINT "console_session_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;



-- The trail is partitioned by month. event_ensure_partitions makes the months from now to the given number ahead;
-- the default partition catches what arrives when nobody made one.
CREATE TABLE "event_default" PARTITION OF "event" DEFAULT;

CREATE FUNCTION event_ensure_partitions(months_ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  first_day timestamptz;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('event_ensure_partitions'));
  FOR i IN 0..months_ahead LOOP
    first_day := date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + make_interval(months => i);
    IF to_regclass(format('event_%s', to_char(first_day AT TIME ZONE 'UTC', 'YYYY_MM'))) IS NULL
       AND NOT EXISTS (SELECT 1 FROM event_default WHERE created_at >= first_day AND created_at < first_day + interval '1 month') THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF event FOR VALUES FROM (%L) TO (%L)',
        'event_' || to_char(first_day AT TIME ZONE 'UTC', 'YYYY_MM'), first_day, first_day + interval '1 month');
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END $$;

SELECT event_ensure_partitions(2);

-- Rules that no code path may get around.
ALTER TABLE "flavor" ADD CONSTRAINT "flavor_sizes" CHECK ("vcpus" BETWEEN 1 AND 512 AND "ram_mib" >= 64 AND "disk_gib" >= 0);
ALTER TABLE "quota" ADD CONSTRAINT "quota_limit" CHECK ("limit" >= -1);
ALTER TABLE "quota_default" ADD CONSTRAINT "quota_default_limit" CHECK ("limit" >= -1);
ALTER TABLE "instance" ADD CONSTRAINT "instance_sizes" CHECK ("vcpus" >= 1 AND "ram_mib" >= 64 AND "disk_gib" >= 0);
ALTER TABLE "instance" ADD CONSTRAINT "instance_name_length" CHECK (char_length("name") BETWEEN 1 AND 255);
ALTER TABLE "guest" ADD CONSTRAINT "guest_acknowledged" CHECK ("acked_generation" <= "generation");
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_amount" CHECK ("amount" >= 0);
ALTER TABLE "operation" ADD CONSTRAINT "operation_percent" CHECK ("percent" BETWEEN 0 AND 100);
