import { describe, expect, test } from 'vitest';
import { kstatusOf } from '../../../src/kube/kstatus.ts';
import { condition, objectOf } from './objects.ts';

const CREATED = '2026-01-01T00:00:00Z';
const created = Date.parse(CREATED);

function pod(status: Readonly<Record<string, unknown>>) {
  return objectOf('v1', 'Pod', { metadata: { creationTimestamp: CREATED }, status });
}

describe('kstatus of a Pod', () => {
  test.each([
    ['Succeeded', 'it has ended, successfully'],
    ['Failed', 'it has ended, not successfully'],
  ])('in phase %s is current: nothing more will happen to it', (phase, message) => {
    expect(kstatusOf(pod({ phase }))).toEqual({ status: 'Current', message });
  });

  test('that runs is current when it is ready and in progress before', () => {
    expect(kstatusOf(pod({ phase: 'Running', conditions: [condition('Ready', 'True')] }))).toMatchObject({ status: 'Current' });
    expect(kstatusOf(pod({ phase: 'Running', conditions: [condition('Ready', 'False')] }))).toMatchObject({ status: 'InProgress' });
    expect(kstatusOf(pod({ phase: 'Running' }))).toMatchObject({ status: 'InProgress' });
  });

  test('whose containers crash in a loop has failed, and says which', () => {
    const containerStatuses = [
      { name: 'web', state: { waiting: { reason: 'CrashLoopBackOff' } } },
      { name: 'proxy', state: { running: {} } },
      { name: 'sync', state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ];
    const verdict = kstatusOf(pod({ phase: 'Running', containerStatuses }));
    expect(verdict.status).toBe('Failed');
    expect(verdict.message).toContain('web, sync');
    expect(verdict.message).not.toContain('proxy');
  });

  test('whose container only waits has not failed', () => {
    const containerStatuses = [{ name: 'web', state: { waiting: { reason: 'ContainerCreating' } } }];
    expect(kstatusOf(pod({ phase: 'Running', containerStatuses }))).toMatchObject({ status: 'InProgress' });
  });

  test('that finds no node is in progress for 15 s and has failed from then on', () => {
    const waiting = pod({ phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available')] });
    expect(kstatusOf(waiting, created + 14_999)).toMatchObject({ status: 'InProgress' });
    expect(kstatusOf(waiting, created + 15_000)).toEqual({ status: 'Failed', message: 'it cannot be scheduled: 0/3 nodes are available' });
  });

  test('that waits for anything else stays in progress however old it is', () => {
    const gated = pod({ phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'SchedulingGated')] });
    expect(kstatusOf(gated, created + 3_600_000)).toMatchObject({ status: 'InProgress' });
    expect(kstatusOf(pod({ phase: 'Pending' }), created + 3_600_000)).toMatchObject({ status: 'InProgress' });
  });

  test('without a phase is in progress', () => {
    expect(kstatusOf(pod({}))).toMatchObject({ status: 'InProgress' });
  });

  test('in a phase that we do not know is unknown', () => {
    expect(kstatusOf(pod({ phase: 'Hibernating' }))).toEqual({ status: 'Unknown', message: 'its phase is "Hibernating"' });
  });
});
