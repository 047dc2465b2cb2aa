import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';
import { DURATION_PATTERN } from './duration.ts';

/** `spec.lockTimeout` where it is absent. */
export const DEFAULT_LOCK_TIMEOUT = '5m';

/** `spec.timeout` where it is absent. */
export const DEFAULT_TIMEOUT = '30m';

/** `spec.health.timeout` where it is absent. */
export const DEFAULT_HEALTH_TIMEOUT = '5m';

const CEL_DURATION = `'${DURATION_PATTERN}'`;

/**
 * `spec` of a Transaction. Defaults are documented and not stored: a stored one would show up as a difference to whoever keeps the
 * manifest in Git.
 */
export const transactionSpecSchema = z
  .object({
    serviceAccountName: z
      .string()
      .min(1)
      .max(253)
      .describe("ServiceAccount in the Transaction's namespace that every change is made as, with its rights and no more."),
    sealed: z
      .boolean()
      .optional()
      .meta({ description: 'True starts the transaction. Cannot be undone, and makes the spec immutable.', documentedDefault: 'false' }),
    lockTimeout: duration('How long to wait for objects that other transactions hold.', DEFAULT_LOCK_TIMEOUT),
    timeout: duration(
      'How long the transaction may take altogether. When it has passed, what was applied is rolled back; if nothing was, it fails.',
      DEFAULT_TIMEOUT,
    ),
    description: z.string().max(1024).optional().describe('What the transaction is for. Shown to those whose writes it holds up.'),
    onConflict: z.enum(['Wait', 'Fail']).optional().meta({
      description: 'What to do when another transaction holds an object: Wait up to lockTimeout, or Fail at once.',
      documentedDefault: 'Wait',
    }),
    foreignWrites: z.enum(['Deny', 'Delay']).optional().meta({
      description:
        "What happens to other people's writes to locked objects: Deny refuses them, Delay has clients that can wait try again later.",
      documentedDefault: 'Deny',
    }),
    irreversible: z.enum(['Allow', 'Deny']).optional().meta({
      description:
        'Whether changes are accepted that no rollback can wholly undo, such as the deletion of a Namespace. Allow warns, Deny refuses.',
      documentedDefault: 'Allow',
    }),
    health: z
      .object({ timeout: duration('How long one order may take to get ready.', DEFAULT_HEALTH_TIMEOUT) })
      .optional()
      .describe(
        'If present, the next order begins only when everything changed so far is ready; if it does not get ready, all is rolled back.',
      ),
  })
  .meta({
    description: 'What is to be done, as whom, and how patiently.',
    'x-kubernetes-validations': [
      {
        rule: '!(has(oldSelf.sealed) && oldSelf.sealed) || (has(self.sealed) && self.sealed)',
        message: 'a sealed transaction cannot be unsealed; delete it, or request its rollback',
        fieldPath: '.sealed',
        reason: 'FieldValueForbidden',
      },
      {
        rule: '!(has(oldSelf.sealed) && oldSelf.sealed) || !(has(self.sealed) && self.sealed) || self == oldSelf',
        message: 'spec is immutable once the transaction is sealed; create another transaction',
        reason: 'FieldValueForbidden',
      },
    ],
  });

/** `spec` of a Transaction. */
export type TransactionSpec = DeepReadonly<z.input<typeof transactionSpecSchema>>;

function duration(description: string, documentedDefault: string) {
  return z
    .string()
    .max(64)
    .optional()
    .meta({
      description: `${description} A Go duration such as 90s, 5m or 1h30m.`,
      documentedDefault,
      'x-kubernetes-validations': [
        { rule: `self.matches(${CEL_DURATION})`, message: 'must be a duration such as 90s, 5m or 1h30m' },
        {
          rule: `!self.matches(${CEL_DURATION}) || duration(self) > duration('0s')`,
          message: 'must be longer than zero',
        },
      ],
    });
}
