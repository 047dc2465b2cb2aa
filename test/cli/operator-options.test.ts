import { describe, expect, test } from 'vitest';
import { operatorOptions } from '../../src/cli/operator-options.ts';

const DAY = 86_400_000;

describe('operatorOptions', () => {
  test('have defaults that suit a Deployment', () => {
    expect(operatorOptions({}, false)).toEqual({
      dev: false,
      webhookPort: 9443,
      metricsPort: 8080,
      healthPort: 8081,
      systemNamespace: 'janus-system',
      webhookService: 'janus-webhook',
      certificates: { mode: 'self-signed', lifetimes: { lifetimeMs: 30 * DAY, renewBeforeMs: 10 * DAY } },
      metricsAuth: 'none',
      drainDelayMs: 5_000,
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
      webhookService: 'hooks',
      certificatesMode: 'self-signed',
      certificateLifetime: '2h',
      certificateRenewBefore: '30m',
      metricsAuth: 'token',
      drainDelay: '1s',
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
      webhookService: 'hooks',
      certificates: { mode: 'self-signed', lifetimes: { lifetimeMs: 2 * 3_600_000, renewBeforeMs: 30 * 60_000 } },
      metricsAuth: 'token',
      drainDelayMs: 1_000,
      logLevel: 'debug',
      logFormat: 'json',
      election: { leaseDurationMs: 60_000, renewDeadlineMs: 40_000, retryPeriodMs: 500 },
    });
  });

  test('take certificates from a directory where cert-manager makes them', () => {
    const from = (certificatesDir?: string) =>
      operatorOptions({ certificatesMode: 'cert-manager', ...(certificatesDir === undefined ? {} : { certificatesDir }) }, false)
        .certificates;
    expect([from(), from('/tls')]).toEqual([
      { mode: 'cert-manager', directory: '/etc/janus/certificates' },
      { mode: 'cert-manager', directory: '/tls' },
    ]);
  });

  test('take the namespace of the pod for that of Janus, unless another is named, or --dev is given', () => {
    const namespaceOf = (flags: object) => operatorOptions(flags, false, 'of-the-pod').systemNamespace;
    expect([namespaceOf({}), namespaceOf({ systemNamespace: 'x' }), namespaceOf({ dev: true })]).toEqual([
      'of-the-pod',
      'x',
      'janus-system',
    ]);
  });

  test.each(['::1', '[fd00::1]', '10.0.0.1', 'a.b-c.d'])('take %s for a host', (webhookUrlHost) => {
    expect(operatorOptions({ webhookUrlHost }, false).webhookUrlHost).toBe(webhookUrlHost);
  });

  test.each([
    [{ webhookUrlPort: '0' }, '--webhook-url-port must be a whole number from 1 to 65535'],
    [{ leaderElectLeaseDuration: '15' }, '--leader-elect-lease-duration: "15" is not a duration'],
    [{ leaderElectLeaseDuration: '10s' }, 'the renew deadline must be shorter than the lease duration'],
    [{ leaderElectRetryPeriod: '9s' }, 'the retry period must be shorter than the renew deadline'],
    [{ webhookService: 'A' }, '--webhook-service must be the name of a Service, and "A" is not'],
    [{ certificatesMode: 'acme' }, '--certificates-mode must be cert-manager or self-signed, and "acme" is'],
    [{ certificatesDir: '/x' }, '--certificates-dir goes with --certificates-mode cert-manager, and that is self-signed'],
    [{ certificateLifetime: '1h', certificatesMode: 'cert-manager' }, '--certificate-lifetime goes with --certificates-mode self-signed'],
    [{ certificateLifetime: '10s' }, 'a certificate must be good for 60s at least'],
    [{ certificateLifetime: '1h', certificateRenewBefore: '1h' }, 'a certificate must be renewed later than at the moment when it is made'],
    [{ metricsAuth: 'basic' }, '--metrics-auth must be none or token'],
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
