import type { ResourceKind } from './object.ts';

/** Kinds that are there on every server, so that no discovery is needed to speak of them. */
export const SECRETS: ResourceKind = { group: '', version: 'v1', kind: 'Secret', resource: 'secrets', namespaced: true };
export const NAMESPACES: ResourceKind = { group: '', version: 'v1', kind: 'Namespace', resource: 'namespaces', namespaced: false };
export const SERVICE_ACCOUNTS: ResourceKind = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  namespaced: true,
};
export const CUSTOM_RESOURCE_DEFINITIONS: ResourceKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  namespaced: false,
};
