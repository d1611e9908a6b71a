CREATE TABLE `api_keys` (
	`hash` text PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`last4` text NOT NULL,
	`expires_at` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_of_tenant` ON `api_keys` (`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `connections` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`name` text,
	`source_id` text,
	`event_types` text NOT NULL,
	`filter` text,
	`transform` text,
	`destination_id` text NOT NULL,
	`order` text,
	`priority` text NOT NULL,
	`enabled` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `connections_of_tenant` ON `connections` (`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `destinations` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`config` text NOT NULL,
	`secret_paths` text NOT NULL,
	`name` text NOT NULL,
	`type` text NOT NULL,
	`enabled` integer NOT NULL,
	`paused` integer NOT NULL,
	`disabled_reason` text,
	`rate_limit` text,
	`concurrency` integer NOT NULL,
	`timeout_ms` integer NOT NULL,
	`retry` text NOT NULL,
	`retry_on` text,
	`circuit` text,
	`signing_secrets` text
);
--> statement-breakpoint
CREATE INDEX `destinations_of_tenant` ON `destinations` (`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `idempotency` (
	`scope` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`claim` text NOT NULL,
	`claimed_at` integer NOT NULL,
	`answer` text,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`scope`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_expired` ON `idempotency` (`expires_at`);--> statement-breakpoint
CREATE TABLE `sources` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`config` text NOT NULL,
	`secret_paths` text NOT NULL,
	`name` text NOT NULL,
	`provider` text NOT NULL,
	`enabled` integer NOT NULL,
	`dedupe` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `sources_of_tenant` ON `sources` (`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `tenants` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`ingest_per_s` integer,
	`retention_days` integer NOT NULL,
	`shards` integer NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer
);
