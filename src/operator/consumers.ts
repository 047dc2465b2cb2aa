import type { EventReason } from '../api/events.ts';
import { API_VERSION } from '../api/group.ts';
import type { EventSource, SagaEvent } from '../transaction/saga-event.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** One Kubernetes Event about a Transaction. */
export interface Told {
  readonly reason: EventReason;
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
}

/** Counts what the executor tells. */
export function countInto(metrics: Metrics): (event: SagaEvent) => void {
  return (event) => {
    if (event.type === 'phase') metrics.count('janus_transaction_phase_transitions_total', { from_phase: event.from, to_phase: event.to });
    else if (event.type === 'ended') metrics.observe('janus_transaction_duration_seconds', { outcome: event.outcome }, event.seconds);
    else if (event.type === 'begun') metrics.observe('janus_transaction_item_count', {}, event.items);
    else if (event.type === 'item') metrics.count('janus_item_operations_total', { operation: event.operation, result: event.result });
    else if (event.type === 'lock') metrics.count('janus_lock_operations_total', { operation: event.operation, result: event.result });
  };
}

/** Writes what the executor tells as log lines. */
export function logInto(log: Log): (event: SagaEvent) => void {
  return (event) => {
    const { of, type, ...rest } = event;
    const fields = { transaction: `${of.namespace}/${of.name}`, uid: of.uid, event: type, ...rest };
    if (type === 'phase') log.info(fields, `${of.namespace}/${of.name}: ${event.from} → ${event.to}`);
    else if (type === 'item' && event.result !== 'ok')
      log.warn(fields, `${of.namespace}/${of.name}: ${event.operation} of ${event.object} failed`);
    else if (type === 'notice' || type === 'warning') log.warn(fields, `${of.namespace}/${of.name}: ${event.words}`);
    else log.debug(fields, type);
  };
}

/** What of the executor's tellings becomes a Kubernetes Event; undefined for what is only counted. */
export function kubernetesEventOf(event: SagaEvent): Told | undefined {
  switch (event.type) {
    case 'begun':
      return { reason: 'Initializing', type: 'Normal', message: `taken up with ${String(event.items)} changes` };
    case 'phase':
      return phaseEvent(event);
    case 'item':
      return itemEvent(event);
    case 'notice':
      return {
        reason: event.reason,
        type: event.reason === 'RetryRollback' || event.reason === 'LockWaiting' ? 'Normal' : 'Warning',
        message: event.words,
      };
    case 'warning':
      return { reason: 'IrreversibleChange', type: 'Warning', message: `${event.change}: ${event.words}` };
    case 'lock':
      return event.result === 'error'
        ? { reason: 'LockFailed', type: 'Warning', message: `${event.object}: ${event.words ?? ''}` }
        : undefined;
    case 'ended':
      return undefined;
  }
}

function phaseEvent({ from, to, because = '' }: Extract<SagaEvent, { readonly type: 'phase' }>): Told {
  const type = to === 'RollingBack' || to === 'Failed' ? 'Warning' : 'Normal';
  return { reason: 'PhaseTransition', type, message: `${from} → ${to}${because === '' ? '' : `: ${because}`}` };
}

function itemEvent(event: Extract<SagaEvent, { readonly type: 'item' }>): Told {
  const words = event.words === undefined ? '' : `: ${event.words}`;
  if (event.operation === 'commit') {
    if (event.result === 'ok') return { reason: 'ItemCommitted', type: 'Normal', message: `${event.change} (${event.object})` };
    return { reason: 'CommitFailed', type: 'Warning', message: `${event.change}${words}` };
  }
  if (event.result === 'ok') return { reason: 'ItemRolledBack', type: 'Normal', message: `${event.change} (${event.object})` };
  return {
    reason: event.result === 'conflict' ? 'RollbackConflict' : 'RollbackFailed',
    type: 'Warning',
    message: `${event.change}${words}`,
  };
}

/** The object that Events are about. */
export function regarding(of: EventSource): { apiVersion: string; kind: string; namespace: string; name: string; uid: string } {
  return { apiVersion: API_VERSION, kind: 'Transaction', ...of };
}
