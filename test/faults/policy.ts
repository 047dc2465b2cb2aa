import type { KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ResourceKind } from '../../src/kube/object.ts';
import { NAMESPACES } from '../../src/kube/well-known.ts';
import { eventually } from '../janus/objects.ts';
import { configMap } from '../janus/transacting.ts';
import { REFUSED } from './scenarios.ts';

const POLICIES: ResourceKind = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  namespaced: false,
};
const BINDINGS: ResourceKind = { ...POLICIES, kind: 'ValidatingAdmissionPolicyBinding', resource: 'validatingadmissionpolicybindings' };
const NAME = 'refused-when-it-is-real';

/** Makes a change that passes its dry run and fails when it is carried out: many transactions can fail so without meeting each other. */
export async function refuseByPolicy(admin: KubeClient): Promise<void> {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name: NAME };
  const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];
  const validations = [
    {
      expression: `request.?dryRun.orValue(false) || object.metadata.name != '${REFUSED}'`,
      message: 'the test refuses it',
      reason: 'Invalid',
    },
  ];
  const policy: KubeObject = {
    apiVersion,
    kind: POLICIES.kind,
    metadata,
    spec: { failurePolicy: 'Fail', matchConstraints: { resourceRules }, validations },
  };
  const binding: KubeObject = { apiVersion, kind: BINDINGS.kind, metadata, spec: { policyName: NAME, validationActions: ['Deny'] } };
  await admin.create({ kind: POLICIES, name: NAME }, policy);
  await admin.create({ kind: BINDINGS, name: NAME }, binding);
  const namespace = 'probe';
  await admin.create({ kind: NAMESPACES, name: namespace }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const ref = configMap(namespace, REFUSED);
  const probe = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: REFUSED, namespace } };
  await eventually('the policy refuses', async () => {
    try {
      await admin.create(ref, probe);
      await admin.delete(ref);
      return false;
    } catch (error) {
      return isApiError(error, 422);
    }
  });
  await admin.create(ref, probe, { dryRun: true });
}
