import { describe, expect, test } from 'vitest';
import { operatorOptions } from '../../src/cli/operator.ts';

describe('operatorOptions', () => {
  test('have defaults that suit a Deployment', () => {
    expect(operatorOptions({}, false)).toEqual({
      dev: false,
      webhookPort: 9443,
      metricsPort: 8080,
      healthPort: 8081,
      systemNamespace: 'janus-system',
      logLevel: 'info',
      logFormat: 'json',
      election: { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
    });
  });

  test('point the webhook at this machine with --dev', () => {
    expect(operatorOptions({ dev: true }, true)).toMatchObject({
      dev: true,
      webhookUrlHost: '127.0.0.1',
      webhookPort: 0,
      metricsPort: 0,
      healthPort: 0,
      logFormat: 'pretty',
    });
  });

  test('carry every flag', () => {
    const flags = {
      kubeconfig: '/k',
      context: 'c',
      webhookUrlHost: 'host.internal',
      webhookUrlPort: '443',
      webhookPort: '0',
      metricsPort: '1',
      healthPort: '2',
      systemNamespace: 'x',
      logLevel: 'debug',
      logFormat: 'json',
      leaderElectLeaseDuration: '1m',
      leaderElectRenewDeadline: '40s',
      leaderElectRetryPeriod: '500ms',
    };
    expect(operatorOptions(flags, true)).toEqual({
      dev: false,
      kubeconfig: '/k',
      context: 'c',
      webhookUrlHost: 'host.internal',
      webhookUrlPort: 443,
      webhookPort: 0,
      metricsPort: 1,
      healthPort: 2,
      systemNamespace: 'x',
      logLevel: 'debug',
      logFormat: 'json',
      election: { leaseDurationMs: 60_000, renewDeadlineMs: 40_000, retryPeriodMs: 500 },
    });
  });

  test.each(['::1', '[fd00::1]', '10.0.0.1', 'a.b-c.d'])('take %s for a host', (webhookUrlHost) => {
    expect(operatorOptions({ webhookUrlHost }, false).webhookUrlHost).toBe(webhookUrlHost);
  });

  test.each([
    [{ webhookUrlPort: '0' }, '--webhook-url-port must be a whole number from 1 to 65535'],
    [{ leaderElectLeaseDuration: '15' }, '--leader-elect-lease-duration: "15" is not a duration'],
    [{ leaderElectLeaseDuration: '10s' }, 'the renew deadline must be shorter than the lease duration'],
    [{ leaderElectRetryPeriod: '9s' }, 'the retry period must be shorter than the renew deadline'],
    [{ webhookPort: '65536' }, '--webhook-port must be a whole number from 0 to 65535'],
    [{ metricsPort: '-1' }, '--metrics-port must be a whole number'],
    [{ logLevel: 'inf' }, '--log-level must be trace, debug, info, warn, error or fatal, and "inf" is none of them. Did you mean info?'],
    [{ logFormat: 'text' }, '--log-format must be json or pretty'],
    [{ systemNamespace: 'A' }, '--system-namespace is "A", and must consist of'],
    [{ webhookUrlHost: 'a:443' }, '--webhook-url-host must be a host name or an IP address without a port'],
    [{ webhookUrlHost: 'https://a' }, '--webhook-url-host must be a host name'],
  ])('refuse %j', (flags, message) => {
    expect(() => operatorOptions(flags, false)).toThrow(message);
  });
});
