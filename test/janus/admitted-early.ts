import { VALIDATING_WEBHOOK_CONFIGURATIONS } from '../../src/admission/guard/configuration.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { ApiError } from '../../src/kube/errors.ts';
import type { ObjectRef } from '../../src/kube/object.ts';
import { selfSigned, serve } from '../admission/serving.ts';
import { complete, eventually } from './objects.ts';

/** A create that was admitted, and has not been stored yet. */
export interface AdmittedEarly {
  /** Lets it reach the store, and returns when it was answered. */
  land(): Promise<void>;
}

const CONFIGURATION: ObjectRef = { kind: VALIDATING_WEBHOOK_CONFIGURATIONS, name: 'test-holds-back' };

/** So that nobody else's create of the name is held back. */
const MARK = 'test.example.com/held-back';

/**
 * Sends a stranger's create, and resolves when the API server has chosen whom to ask about it: no guard that is put up from now on is
 * among those. A webhook of the test's own holds it back until it is to land, 30 s at most, which is as long as API servers let one.
 */
export async function admittedEarly(admin: KubeClient, ref: ObjectRef, content: object): Promise<AdmittedEarly> {
  let onCaught: () => void = () => undefined;
  let release: () => void = () => undefined;
  const caught = new Promise<void>((resolve) => (onCaught = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const bundle = await selfSigned(['127.0.0.1']);
  const server = await serve(bundle, {
    handlers: {
      '/hold-back': async ({ dryRun }) => {
        if (dryRun) return { allowed: false, rule: 'test', status: { code: 403, reason: 'Forbidden', message: 'held back' } };
        onCaught();
        await released;
        return { allowed: true, rule: 'test' };
      },
    },
  });
  const object = complete(ref, { ...content, metadata: { annotations: { [MARK]: 'yes' } } });
  const create = (dryRun: boolean): Promise<unknown> => admin.create(ref, object, { dryRun, timeoutMs: 60_000 });
  const { group, version, resource } = ref.kind;
  const webhook = {
    name: 'holds-back.example.com',
    clientConfig: {
      url: `https://127.0.0.1:${String(server.port)}/hold-back`,
      caBundle: Buffer.from(bundle.authorities).toString('base64'),
    },
    rules: [{ apiGroups: [group], apiVersions: [version], resources: [resource], operations: ['CREATE'] }],
    matchConditions: [{ name: 'marked', expression: `has(object.metadata.annotations) && '${MARK}' in object.metadata.annotations` }],
    sideEffects: 'None',
    timeoutSeconds: 30,
    admissionReviewVersions: ['v1'],
  };
  await admin.create(CONFIGURATION, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: CONFIGURATION.name },
    webhooks: [webhook],
  });
  await eventually('the API server asks the test', () => create(true).then(() => false, isHeldBack));
  const written = create(false);
  await Promise.race([caught, written]);
  return {
    async land() {
      release();
      try {
        await written;
      } finally {
        await admin.delete(CONFIGURATION);
        await server.close(0);
      }
    },
  };
}

function isHeldBack(error: unknown): boolean {
  return error instanceof ApiError && error.message.includes('held back');
}
