-- CreateEnum
CREATE TYPE "network_type" AS ENUM ('geneve', 'flat', 'vlan');

-- CreateEnum
CREATE TYPE "port_owner" AS ENUM ('none', 'instance', 'router_interface', 'router_gateway', 'metadata');

-- CreateEnum
CREATE TYPE "rule_direction" AS ENUM ('ingress', 'egress');

-- CreateEnum
CREATE TYPE "ether_type" AS ENUM ('IPv4', 'IPv6');

-- CreateTable
CREATE TABLE "network" (
    "id" UUID NOT NULL,
    "project_id" UUID,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "shared" BOOLEAN NOT NULL DEFAULT false,
    "external" BOOLEAN NOT NULL DEFAULT false,
    "type" "network_type" NOT NULL DEFAULT 'geneve',
    "physical_network" TEXT,
    "segmentation_id" INTEGER,
    "mtu" INTEGER NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),
    "realised_generation" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "network_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subnet" (
    "id" UUID NOT NULL,
    "network_id" UUID NOT NULL,
    "project_id" UUID,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "cidr" TEXT NOT NULL,
    "gateway" TEXT,
    "dhcp" BOOLEAN NOT NULL DEFAULT true,
    "allocation_pools" JSONB NOT NULL,
    "dns_servers" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "host_routes" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),

    CONSTRAINT "subnet_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ip_allocation" (
    "subnet_id" UUID NOT NULL,
    "address" INET NOT NULL,
    "port_id" UUID,
    "floating_ip_id" UUID,

    CONSTRAINT "ip_allocation_pkey" PRIMARY KEY ("subnet_id","address")
);

-- CreateTable
CREATE TABLE "port" (
    "id" UUID NOT NULL,
    "project_id" UUID,
    "network_id" UUID NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "mac" TEXT NOT NULL,
    "owner" "port_owner" NOT NULL DEFAULT 'none',
    "instance_id" UUID,
    "router_id" UUID,
    "delete_with_instance" BOOLEAN NOT NULL DEFAULT false,
    "position" INTEGER NOT NULL DEFAULT 0,
    "port_security" BOOLEAN NOT NULL DEFAULT true,
    "allowed_address_pairs" JSONB NOT NULL DEFAULT '[]',
    "generation" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),
    "realised_generation" INTEGER NOT NULL DEFAULT 0,
    "realised_hypervisor_id" UUID,
    "up" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "port_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "router" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "external_network_id" UUID,
    "snat" BOOLEAN NOT NULL DEFAULT true,
    "routes" JSONB NOT NULL DEFAULT '[]',
    "generation" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),
    "realised_generation" INTEGER NOT NULL DEFAULT 0,
    "gateway_hypervisor_id" UUID,

    CONSTRAINT "router_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "floating_ip" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "network_id" UUID NOT NULL,
    "address" INET NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "port_id" UUID,
    "fixed_address" INET,
    "router_id" UUID,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),
    "realised_generation" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "floating_ip_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "security_group" (
    "id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "is_default" BOOLEAN NOT NULL DEFAULT false,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),
    "realised_generation" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "security_group_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "security_group_rule" (
    "id" UUID NOT NULL,
    "security_group_id" UUID NOT NULL,
    "direction" "rule_direction" NOT NULL,
    "ether_type" "ether_type" NOT NULL DEFAULT 'IPv4',
    "protocol" INTEGER,
    "port_min" INTEGER,
    "port_max" INTEGER,
    "remote_cidr" TEXT,
    "remote_group_id" UUID,
    "description" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT statement_timestamp(),

    CONSTRAINT "security_group_rule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "port_security_group" (
    "port_id" UUID NOT NULL,
    "security_group_id" UUID NOT NULL,

    CONSTRAINT "port_security_group_pkey" PRIMARY KEY ("port_id","security_group_id")
);

-- CreateIndex
CREATE INDEX "network_project_id_created_at_id_idx" ON "network"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "network_project_id_name_id_idx" ON "network"("project_id", "name", "id");

-- CreateIndex
CREATE UNIQUE INDEX "network_physical_network_segmentation_id_key" ON "network"("physical_network", "segmentation_id");

-- CreateIndex
CREATE INDEX "subnet_network_id_idx" ON "subnet"("network_id");

-- CreateIndex
CREATE INDEX "subnet_project_id_created_at_id_idx" ON "subnet"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "ip_allocation_port_id_idx" ON "ip_allocation"("port_id");

-- CreateIndex
CREATE INDEX "ip_allocation_floating_ip_id_idx" ON "ip_allocation"("floating_ip_id");

-- CreateIndex
CREATE INDEX "ip_allocation_address_idx" ON "ip_allocation"("address");

-- CreateIndex
CREATE INDEX "port_project_id_created_at_id_idx" ON "port"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "port_instance_id_idx" ON "port"("instance_id");

-- CreateIndex
CREATE INDEX "port_router_id_idx" ON "port"("router_id");

-- CreateIndex
CREATE INDEX "port_mac_idx" ON "port"("mac");

-- CreateIndex
CREATE UNIQUE INDEX "port_network_id_mac_key" ON "port"("network_id", "mac");

-- CreateIndex
CREATE INDEX "router_project_id_created_at_id_idx" ON "router"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "router_project_id_name_id_idx" ON "router"("project_id", "name", "id");

-- CreateIndex
CREATE INDEX "floating_ip_project_id_created_at_id_idx" ON "floating_ip"("project_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "floating_ip_network_id_idx" ON "floating_ip"("network_id");

-- CreateIndex
CREATE INDEX "floating_ip_router_id_idx" ON "floating_ip"("router_id");

-- CreateIndex
CREATE UNIQUE INDEX "floating_ip_port_id_fixed_address_key" ON "floating_ip"("port_id", "fixed_address");

-- CreateIndex
CREATE INDEX "security_group_project_id_created_at_id_idx" ON "security_group"("project_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "security_group_project_id_name_key" ON "security_group"("project_id", "name");

-- CreateIndex
CREATE INDEX "security_group_rule_security_group_id_created_at_id_idx" ON "security_group_rule"("security_group_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "security_group_rule_remote_group_id_idx" ON "security_group_rule"("remote_group_id");

-- CreateIndex
CREATE INDEX "port_security_group_security_group_id_idx" ON "port_security_group"("security_group_id");

-- AddForeignKey
ALTER TABLE "network" ADD CONSTRAINT "network_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subnet" ADD CONSTRAINT "subnet_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "network"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ip_allocation" ADD CONSTRAINT "ip_allocation_subnet_id_fkey" FOREIGN KEY ("subnet_id") REFERENCES "subnet"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ip_allocation" ADD CONSTRAINT "ip_allocation_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "port"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ip_allocation" ADD CONSTRAINT "ip_allocation_floating_ip_id_fkey" FOREIGN KEY ("floating_ip_id") REFERENCES "floating_ip"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "port" ADD CONSTRAINT "port_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "port" ADD CONSTRAINT "port_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "network"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "port" ADD CONSTRAINT "port_instance_id_fkey" FOREIGN KEY ("instance_id") REFERENCES "instance"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "port" ADD CONSTRAINT "port_router_id_fkey" FOREIGN KEY ("router_id") REFERENCES "router"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "router" ADD CONSTRAINT "router_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "router" ADD CONSTRAINT "router_external_network_id_fkey" FOREIGN KEY ("external_network_id") REFERENCES "network"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "floating_ip" ADD CONSTRAINT "floating_ip_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "floating_ip" ADD CONSTRAINT "floating_ip_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "network"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "floating_ip" ADD CONSTRAINT "floating_ip_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "port"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "floating_ip" ADD CONSTRAINT "floating_ip_router_id_fkey" FOREIGN KEY ("router_id") REFERENCES "router"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "security_group" ADD CONSTRAINT "security_group_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "project"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "security_group_rule" ADD CONSTRAINT "security_group_rule_security_group_id_fkey" FOREIGN KEY ("security_group_id") REFERENCES "security_group"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "security_group_rule" ADD CONSTRAINT "security_group_rule_remote_group_id_fkey" FOREIGN KEY ("remote_group_id") REFERENCES "security_group"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "port_security_group" ADD CONSTRAINT "port_security_group_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "port"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "port_security_group" ADD CONSTRAINT "port_security_group_security_group_id_fkey" FOREIGN KEY ("security_group_id") REFERENCES "security_group"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


