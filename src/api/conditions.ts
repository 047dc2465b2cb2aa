import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';

/** `status.conditions[]`, with the bounds of `metav1.Condition`. */
export const conditionSchema = z
  .object({
    type: z
      .string()
      .max(316)
      .regex(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/)
      .describe('Type of the condition, for example Committed. At most one condition of each type.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether what the type says holds.'),
    observedGeneration: z.int().min(0).optional().describe('metadata.generation that the condition was computed from.'),
    lastTransitionTime: z.iso.datetime({ offset: true }).describe('When status last changed.'),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .describe('Why, in one CamelCase word for programs.'),
    message: z.string().max(32768).describe('Why, in words for people. May be empty.'),
  })
  .describe('One aspect of where the transaction stands.');

/** One entry of `status.conditions`, as `metav1.Condition`. */
export type Condition = DeepReadonly<z.infer<typeof conditionSchema>>;

/**
 * How to read a condition. `milestone`: True from when it was reached, absent before. `positive`: True is good. `negative`: True is
 * bad or passing, absent is good (the convention of kstatus for Reconciling and Stalled).
 */
export type Polarity = 'milestone' | 'positive' | 'negative';

interface ConditionReason {
  readonly reason: string;
  readonly status: Condition['status'];
  readonly meaning: string;
}

interface ConditionRow {
  readonly type: string;
  readonly polarity: Polarity;
  /** When the executor sets or removes it. */
  readonly set: string;
  readonly reasons: readonly ConditionReason[];
}

/** Every condition of a Transaction. */
export const CONDITIONS = [
  {
    type: 'Prepared',
    polarity: 'milestone',
    set: 'At phase Prepared.',
    reasons: [{ reason: 'AllItemsPrepared', status: 'True', meaning: 'Every object is locked, and what it was before is recorded.' }],
  },
  {
    type: 'Committed',
    polarity: 'milestone',
    set: 'At phase Committed. Turns False when a rollback on request begins.',
    reasons: [
      { reason: 'AllItemsCommitted', status: 'True', meaning: 'Every change is in effect; only a rollback on request undoes them now.' },
      { reason: 'RollbackRequested', status: 'False', meaning: 'It was committed, and is being rolled back, or has been, on request.' },
    ],
  },
  {
    type: 'RolledBack',
    polarity: 'milestone',
    set: 'At phase RolledBack.',
    reasons: [
      { reason: 'RollbackComplete', status: 'True', meaning: 'Nothing of the transaction is in effect. Condition Exact says how exactly.' },
    ],
  },
  {
    type: 'Failed',
    polarity: 'negative',
    set: 'At phase Failed. Removed when a later attempt ends otherwise.',
    reasons: [
      {
        reason: 'TransactionFailed',
        status: 'True',
        meaning: 'It could not begin, or its rollback needs a person. The message names why.',
      },
    ],
  },
  {
    type: 'Exact',
    polarity: 'positive',
    set: 'At the end of a rollback.',
    reasons: [
      { reason: 'RestoredExactly', status: 'True', meaning: 'Every object is as it was: values and field ownership.' },
      { reason: 'RestoredWithDifferences', status: 'False', meaning: 'Some fields could not be restored. The message lists them by path.' },
    ],
  },
  {
    type: 'Ready',
    polarity: 'positive',
    set: 'From sealing on, at every change of phase.',
    reasons: [
      { reason: 'Committed', status: 'True', meaning: 'Every change is in effect.' },
      { reason: 'InProgress', status: 'False', meaning: 'It is sealed and not at its end yet.' },
      { reason: 'RolledBack', status: 'False', meaning: 'It was rolled back.' },
      { reason: 'Failed', status: 'False', meaning: 'It failed.' },
    ],
  },
  {
    type: 'Reconciling',
    polarity: 'negative',
    set: 'While the executor works on it. Removed at the end.',
    reasons: [
      { reason: 'Preparing', status: 'True', meaning: 'Changes are checked, objects locked, before-images kept.' },
      { reason: 'LockWaiting', status: 'True', meaning: 'It waits for an object that another transaction holds. The message names both.' },
      { reason: 'Committing', status: 'True', meaning: 'Changes are being applied.' },
      { reason: 'HealthWaiting', status: 'True', meaning: 'It waits until what it changed is ready, before the next order.' },
      { reason: 'RollingBack', status: 'True', meaning: 'Changes are being undone.' },
    ],
  },
  {
    type: 'Stalled',
    polarity: 'negative',
    set: 'When it will not get further by itself. Removed when work goes on.',
    reasons: [
      { reason: 'RolledBack', status: 'True', meaning: 'It ended without effect. The message names the cause.' },
      { reason: 'TransactionFailed', status: 'True', meaning: 'It could not begin.' },
      {
        reason: 'RollbackFailed',
        status: 'True',
        meaning: 'Some changes could not be undone. They are tried again; the message names what is in the way.',
      },
    ],
  },
] as const satisfies readonly ConditionRow[];

/** Type of a condition of ours. */
export type ConditionType = (typeof CONDITIONS)[number]['type'];

/** Reasons that a condition of type `T` can carry. */
export type ConditionReasonOf<T extends ConditionType> = Extract<(typeof CONDITIONS)[number], { type: T }>['reasons'][number]['reason'];
