import { describe, expect, test } from 'vitest';
import { builtInReplicasPath, holdsPath, replicasPathFrom } from '../../../src/lock/guard/scale.ts';

const PATH = ['f:spec', 'f:replicas'];

describe('whether the number of replicas is locked', () => {
  test.each([
    ['it is listed', { 'f:spec': { 'f:replicas': {} } }, true],
    ['it is listed beside others', { 'f:metadata': {}, 'f:spec': { 'f:paused': {}, 'f:replicas': {} } }, true],
    ['all of spec is', { 'f:spec': {} }, true],
    ['only other fields are', { 'f:spec': { 'f:template': { 'f:spec': {} } } }, false],
    ['only the presence of spec is', { 'f:spec': { '.': {} } }, false],
    ['nothing is', {}, false],
  ])('where %s', (_, fields, expected) => {
    expect(holdsPath(fields, PATH)).toBe(expected);
  });

  test('is known of the kinds of Kubernetes, and told by the definitions of others', () => {
    expect(['deployments', 'statefulsets', 'replicasets'].map((resource) => builtInReplicasPath({ group: 'apps', resource }))).toEqual([
      PATH,
      PATH,
      PATH,
    ]);
    expect(builtInReplicasPath({ group: '', resource: 'replicationcontrollers' })).toEqual(PATH);
    expect(builtInReplicasPath({ group: 'example.com', resource: 'deployments' })).toBeUndefined();
    expect(replicasPathFrom('.spec.workers.count')).toEqual(['f:spec', 'f:workers', 'f:count']);
  });

  test.each([undefined, 7, '', 'spec.replicas', '.spec.replicas[0]', '.spec..x'])('is not read out of %j', (text) => {
    expect(replicasPathFrom(text)).toBeUndefined();
  });
});
