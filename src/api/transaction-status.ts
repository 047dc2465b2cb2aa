import { z } from 'zod';
import { conditionSchema } from './conditions.ts';
import type { DeepReadonly } from './deep-readonly.ts';

const phaseSchema = z.enum(['Pending', 'Preparing', 'Prepared', 'Committing', 'Committed', 'RollingBack', 'RolledBack', 'Failed']);

const itemStatusSchema = z
  .object({
    name: z.string().describe('Name of the ResourceChange.'),
    lockLease: z
      .string()
      .optional()
      .describe('Name of the Lease that locked the object. Kept for older transactions; locks are labels now.'),
    leaseNamespace: z.string().optional().describe('Namespace of that Lease. Kept for older transactions.'),
    resourceVersion: z.string().optional().describe('resourceVersion of the object when it was prepared.'),
    prepared: z.boolean().describe('Whether the object is locked and what it was before is recorded.'),
    committed: z.boolean().describe('Whether the change has been applied.'),
    rolledBack: z.boolean().describe('Whether the applied change has been undone.'),
    error: z.string().optional().describe('What went wrong with this change, and what to do.'),
  })
  .describe('Where one change stands.');

/** `status` of a Transaction. It mirrors the executor's record for readers; no decision is taken from it. */
export const transactionStatusSchema = z
  .object({
    phase: phaseSchema
      .optional()
      .describe(
        'Where the transaction stands: Pending, Preparing, Prepared, Committing, Committed, or RollingBack, RolledBack; Failed if it needs a person.',
      ),
    version: z.int().describe('Raised at each update of the status.'),
    observedGeneration: z.int().min(0).optional().describe('metadata.generation that this status was computed from.'),
    itemsTotal: z.int32().min(0).optional().describe('How many changes the transaction has.'),
    itemsCommitted: z.int32().min(0).optional().describe('How many of them are in effect now.'),
    holder: z.string().optional().describe('User on whose behalf the objects are locked: whoever sealed the transaction.'),
    items: z
      .array(itemStatusSchema)
      .optional()
      .meta({
        description:
          'Where each change stands. Of more than 500 those that failed and those that are not done are shown; itemsTotal and itemsCommitted count all.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      }),
    rollbackRef: z.string().optional().describe("Name of the record that a rollback works from: a Secret in Janus's own namespace."),
    startedAt: z.iso.datetime({ offset: true }).optional().describe('When the executor took the transaction up.'),
    completedAt: z.iso.datetime({ offset: true }).optional().describe('When it came to its end.'),
    conditions: z
      .array(conditionSchema)
      .optional()
      .meta({
        description: 'Aspects of where the transaction stands, by type.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      }),
  })
  .describe('How far the transaction is. Written by Janus only.');

/** Where a Transaction stands. */
export type Phase = z.infer<typeof phaseSchema>;

/** Where one change of a Transaction stands. */
export type ItemStatus = DeepReadonly<z.input<typeof itemStatusSchema>>;

/** `status` of a Transaction. */
export type TransactionStatus = DeepReadonly<z.input<typeof transactionStatusSchema>>;
