import { describe, expect, test } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { ApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectRef } from '../../src/kube/object.ts';
import { grantKeys } from '../../src/operator/grant-keys.ts';

/** An API server that holds one Secret, and answers as long as it may. */
class OneSecret {
  secret: KubeObject | undefined;
  reachable = true;

  client(): KubeClient {
    const get = (ref: ObjectRef): Promise<KubeObject> => {
      if (!this.reachable) return Promise.reject(new ApiError({ code: 403, reason: 'Forbidden', message: 'no right to read it' }));
      const missing = new ApiError({ code: 404, reason: 'NotFound', message: `no ${ref.name}` });
      return this.secret === undefined ? Promise.reject(missing) : Promise.resolve(this.secret);
    };
    const create = (_ref: ObjectRef, object: KubeObject): Promise<unknown> => Promise.resolve({ object: (this.secret = object) });
    return { get, create } as unknown as KubeClient;
  }
}

describe('the keys of grants', () => {
  test('are healthy while they can be read, and say what is wrong once they could not be for minutes', async () => {
    const server = new OneSecret();
    let now = Date.parse('2026-01-01T00:00:00Z');
    const keys = await grantKeys(
      server.client(),
      'janus-system',
      10,
      () => undefined,
      () => now,
    );
    keys.stop();
    server.reachable = false;
    now += 170_000;
    await expect(keys.refresh()).rejects.toThrow('no right to read it');
    expect(() => keys.healthy()).not.toThrow();
    now += 20_000;
    expect(() => keys.healthy()).toThrow('Secret janus-system/janus-grant-keys could not be read for 190 s');
    server.reachable = true;
    await keys.refresh();
    expect(() => keys.healthy()).not.toThrow();
  });
});
