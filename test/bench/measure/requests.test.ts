import { describe, expect, test } from 'vitest';
import { allRequests, BARRIER_WEBHOOK, requestsBetween, RULER_RESOURCE, webhookCallsBetween } from '../../../bench/measure/requests.ts';

interface Request {
  readonly verb: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly code?: string;
  readonly dryRun?: string;
}

const requests = (request: Request, count: number): string => {
  const { verb, resource = 'configmaps', subresource = '', code = '200', dryRun = '' } = request;
  return `apiserver_request_total{code="${code}",dry_run="${dryRun}",resource="${resource}",subresource="${subresource}",verb="${verb}"} ${count}`;
};

const calls = (name: string, count: number): string => `apiserver_admission_webhook_request_total{name="${name}",code="200"} ${count}`;

describe('requestsBetween', () => {
  test('takes GET and LIST for reads', () => {
    const after = [requests({ verb: 'GET' }, 3), requests({ verb: 'LIST' }, 2)].join('\n');
    expect(requestsBetween('', after)).toMatchObject({ reads: 5, writes: 0 });
  });

  test.each(['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION'])('takes %s for a write', (verb) => {
    expect(requestsBetween('', requests({ verb }, 4))).toMatchObject({ reads: 0, writes: 4 });
  });

  test('does not count a watch, which is open all the time', () => {
    expect(allRequests(requestsBetween('', requests({ verb: 'WATCH' }, 9)))).toBe(0);
  });

  test('does not count its own reads of the revision, nor requests without a resource', () => {
    const after = [requests({ verb: 'LIST', resource: RULER_RESOURCE }, 7), requests({ verb: 'GET', resource: '' }, 5)].join('\n');
    expect(allRequests(requestsBetween('', after))).toBe(0);
  });

  test('counts a dry run as a request and not as a write', () => {
    const found = requestsBetween('', requests({ verb: 'APPLY', dryRun: 'All' }, 10));
    expect(found).toMatchObject({ dryRuns: 10, writes: 0 });
    expect(allRequests(found)).toBe(10);
  });

  test('counts a refused write as a request and not as a write', () => {
    const found = requestsBetween('', requests({ verb: 'PUT', code: '409' }, 2));
    expect(found).toMatchObject({ refused: 2, writes: 0 });
    expect(allRequests(found)).toBe(2);
  });

  test('keeps writes of Events apart', () => {
    const after = [requests({ verb: 'POST', resource: 'events', code: '201' }, 6), requests({ verb: 'PATCH' }, 1)].join('\n');
    const found = requestsBetween('', after);
    expect(found).toMatchObject({ eventWrites: 6, writes: 1 });
    expect(allRequests(found)).toBe(1);
  });

  test('counts only what was added since the first reading', () => {
    expect(requestsBetween(requests({ verb: 'PUT' }, 40), requests({ verb: 'PUT' }, 43)).writes).toBe(3);
  });

  test('tells which resources were written', () => {
    const after = [
      requests({ verb: 'PATCH' }, 2),
      requests({ verb: 'APPLY' }, 3),
      requests({ verb: 'PUT', resource: 'transactions', subresource: 'status' }, 1),
    ].join('\n');
    expect(requestsBetween('', after).writesByResource).toEqual({ configmaps: 5, 'transactions/status': 1 });
  });
});

describe('webhookCallsBetween', () => {
  test('counts the calls of every webhook but the barrier', () => {
    const after = [calls('lock.janus', 4), calls('other', 1), calls(BARRIER_WEBHOOK, 30)].join('\n');
    expect(webhookCallsBetween(calls('lock.janus', 1), after)).toBe(4);
  });
});
