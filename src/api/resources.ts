import { RESOURCE_CHANGE } from './resource-change.ts';
import type { ResourceDefinition } from './resource.ts';
import { TRANSACTION } from './transaction.ts';

/** Every resource of ours. */
export const RESOURCES: readonly ResourceDefinition[] = [TRANSACTION, RESOURCE_CHANGE];
