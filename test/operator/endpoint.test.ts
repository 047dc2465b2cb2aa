import { describe, expect, test } from 'vitest';
import { addressOf, hostsOf } from '../../src/operator/endpoint.ts';

const inCluster = { webhookService: 'hooks', systemNamespace: 'janus-system' };

describe('where API servers reach the webhook', () => {
  test('is the Service at its port, whatever port we listen on', () => {
    expect(addressOf(inCluster, 9443)).toEqual({
      endpoint: { service: { namespace: 'janus-system', name: 'hooks', port: 443 } },
      words: 'Service janus-system/hooks',
    });
    expect(hostsOf(inCluster)[0]).toBe('hooks.janus-system.svc');
  });

  test('is a URL where a host is given, at our port or at that of what stands before it', () => {
    const url = (more: object, port: number) => addressOf({ ...inCluster, ...more }, port).words;
    expect(url({ webhookUrlHost: '127.0.0.1' }, 9443)).toBe('https://127.0.0.1:9443');
    expect(url({ webhookUrlHost: '127.0.0.1', webhookUrlPort: 443 }, 9443)).toBe('https://127.0.0.1:443');
    expect(url({ webhookUrlHost: '::1' }, 1)).toBe('https://[::1]:1');
    expect(hostsOf({ ...inCluster, webhookUrlHost: 'localhost' })).toEqual(['localhost', '127.0.0.1']);
  });
});
