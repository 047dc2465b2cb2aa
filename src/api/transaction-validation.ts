import { InvalidDurationError, parseDuration } from './duration.ts';
import { asObject, asText, sameJson, shapeFaults } from './fault.ts';
import type { Fault } from './fault.ts';
import { subdomainFault } from './object-name.ts';
import { objectSchema } from './resource.ts';
import { TRANSACTION } from './transaction.ts';
import { unknownFieldFaults } from './unknown-fields.ts';

const SCHEMA = objectSchema(TRANSACTION);

/**
 * Everything that is wrong with a Transaction, and, given the `old` one, with the change from it. Empty if nothing is. Takes anything:
 * the object need not have passed an API server.
 */
export function validateTransaction(object: unknown, old?: unknown): readonly Fault[] {
  const spec = asObject(asObject(object)?.spec);
  return [
    ...shapeFaults(SCHEMA, object),
    ...unknownFieldFaults(TRANSACTION, object),
    ...(spec === undefined ? [] : specFaults(spec)),
    ...(old === undefined ? [] : changeFaults(spec, asObject(asObject(old)?.spec))),
  ];
}

function specFaults(spec: Readonly<Record<string, unknown>>): readonly Fault[] {
  const account = asText(spec.serviceAccountName);
  const accountFault = account === undefined || account.length > 253 ? undefined : subdomainFault(account);
  return [
    ...(accountFault === undefined ? [] : [{ field: 'spec.serviceAccountName', message: accountFault }]),
    ...durationFaults('spec.lockTimeout', spec.lockTimeout),
    ...durationFaults('spec.timeout', spec.timeout),
    ...durationFaults('spec.health.timeout', asObject(spec.health)?.timeout),
  ];
}

function durationFaults(field: string, value: unknown): readonly Fault[] {
  if (typeof value !== 'string' || value.length > 64) return [];
  try {
    return parseDuration(value) > 0 ? [] : [{ field, message: `must be longer than zero, not ${value}` }];
  } catch (error) {
    if (error instanceof InvalidDurationError) return [{ field, message: error.message }];
    throw error;
  }
}

function changeFaults(
  spec: Readonly<Record<string, unknown>> | undefined,
  old: Readonly<Record<string, unknown>> | undefined,
): readonly Fault[] {
  if (old?.sealed !== true) return [];
  if (spec?.sealed !== true) {
    return [{ field: 'spec.sealed', message: 'a sealed transaction cannot be unsealed; delete it, or request its rollback' }];
  }
  if (sameJson(spec, old)) return [];
  return [{ field: 'spec', message: 'is immutable once the transaction is sealed; create another transaction' }];
}
