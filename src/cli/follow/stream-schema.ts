import { z } from 'zod';

/**
 * One line of `janus events -o json`. Types are added in later versions, and fields to types; none is taken away or changes its
 * meaning as long as `schema` is the same.
 */
const common = {
  schema: z.literal('janus.events/1').describe('Version of this format.'),
  time: z.iso.datetime().describe('When it happened, as far as the cluster says so; else when it was seen. UTC.'),
  transaction: z
    .object({ namespace: z.string(), name: z.string(), uid: z.string() })
    .describe('`namespace`, `name` and `uid` of the Transaction.'),
};

const PHASES = z.enum(['Pending', 'Preparing', 'Prepared', 'Committing', 'Committed', 'RollingBack', 'RolledBack', 'Failed']);

export const STREAM_SCHEMA = z.discriminatedUnion('type', [
  z.object({
    ...common,
    type: z.literal('phase').describe('The Transaction is in this phase; the first line says in which it was found.'),
    phase: PHASES.describe('The phase.'),
    from: PHASES.optional().describe('The phase before; absent where it was found in this one.'),
    itemsTotal: z.int().optional().describe('How many changes it has.'),
    itemsCommitted: z.int().optional().describe('How many of them are in effect.'),
  }),
  z.object({
    ...common,
    type: z.literal('change').describe('One change has come to another state.'),
    change: z.string().describe('Name of the ResourceChange.'),
    state: z.enum(['locked', 'applied', 'undone', 'failed']).describe('What has become of it.'),
    object: z.string().optional().describe('Its object: `ConfigMap shop/settings`. Absent where the ResourceChange cannot be read.'),
    error: z.string().optional().describe('What is wrong, and what to do.'),
  }),
  z.object({
    ...common,
    type: z.literal('condition').describe('A condition was set or has changed.'),
    condition: z.string().describe('Its type, for example `Reconciling`.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Its status.'),
    reason: z.string().describe('Its reason.'),
    message: z.string().describe('Its message.'),
  }),
  z.object({
    ...common,
    type: z.literal('event').describe('A Kubernetes Event about the Transaction, such as a write that was refused.'),
    severity: z.enum(['Normal', 'Warning']).describe('Type of the Event.'),
    reason: z.string().describe('Its reason.'),
    message: z.string().describe('Its message.'),
    count: z.int().describe('How often it has happened so far.'),
  }),
  z.object({ ...common, type: z.literal('deleted').describe('The Transaction is gone. Nothing comes after it.') }),
  z.object({
    ...common,
    type: z.literal('end').describe('It rests: Committed, RolledBack or Failed. Nothing comes after it.'),
    phase: PHASES.describe('How it ended.'),
    exitCode: z.int().describe('With which code the command ends.'),
  }),
]);

/** One line of the stream. */
export type StreamEvent = Readonly<z.infer<typeof STREAM_SCHEMA>>;
