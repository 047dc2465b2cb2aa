import type { ResourceKind } from './object.ts';

/** `apidiscovery.k8s.io/v2` (and `v2beta1`), as far as we read it. */
export interface AggregatedDiscovery {
  readonly kind: 'APIGroupDiscoveryList';
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly { readonly version?: string; readonly resources?: readonly AggregatedResource[] | null }[] | null;
  }[];
}

interface AggregatedResource {
  readonly resource?: string;
  readonly responseKind?: { readonly kind?: string } | null;
  readonly scope?: string;
  readonly singularResource?: string;
  readonly shortNames?: readonly string[];
  readonly verbs?: readonly string[];
  readonly subresources?: readonly { readonly subresource?: string }[] | null;
}

/** `APIVersions` (of `/api`) and `APIGroupList` (of `/apis`): what a server without aggregated discovery answers. */
export interface PlainDiscovery {
  readonly kind: 'APIVersions' | 'APIGroupList';
  readonly versions?: readonly string[];
  readonly groups?: readonly {
    readonly name: string;
    readonly versions: readonly { readonly version: string }[];
    readonly preferredVersion?: { readonly version: string };
  }[];
}

/** `APIResourceList`: the resources of one group and version. */
export interface PlainResources {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly singularName?: string;
    readonly shortNames?: readonly string[];
    readonly verbs?: readonly string[];
  }[];
}

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** The kinds of an aggregated document, in its order, which is the server's preference. */
export function kindsOfAggregated(document: AggregatedDiscovery): readonly ResourceKind[] {
  return (document.items ?? []).flatMap((item) =>
    (item.versions ?? []).flatMap(({ version = '', resources }) =>
      (resources ?? []).map(({ resource = '', responseKind, scope, singularResource, shortNames, verbs, subresources }) =>
        resourceKind(
          { group: item.metadata?.name ?? '', version },
          {
            resource,
            kind: responseKind?.kind ?? '',
            namespaced: scope === 'Namespaced',
            singular: singularResource,
            shortNames,
            verbs,
            scalable: (subresources ?? []).some(({ subresource }) => subresource === 'scale'),
          },
        ),
      ),
    ),
  );
}

/** The groups and versions of a plain document, each group's preferred version first. */
export function groupVersionsOf(document: PlainDiscovery): readonly GroupVersion[] {
  const core = (document.versions ?? []).map((version) => ({ group: '', version }));
  const named = (document.groups ?? []).flatMap(({ name, versions, preferredVersion }) => {
    const all = versions.map(({ version }) => version);
    const preferred = all.filter((version) => version === preferredVersion?.version);
    return [...new Set([...preferred, ...all])].map((version) => ({ group: name, version }));
  });
  return [...core, ...named];
}

/** The kinds of one plain document; subresources (`pods/status`) are not kinds of their own. */
export function kindsOfPlain(at: GroupVersion, document: PlainResources): readonly ResourceKind[] {
  const resources = document.resources ?? [];
  const names = new Set(resources.map(({ name }) => name));
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, kind, namespaced, singularName, shortNames, verbs }) =>
      resourceKind(at, {
        resource: name,
        kind,
        namespaced,
        singular: singularName,
        shortNames,
        verbs,
        scalable: names.has(`${name}/scale`),
      }),
    );
}

interface Described {
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly singular: string | undefined;
  readonly shortNames: readonly string[] | undefined;
  readonly verbs: readonly string[] | undefined;
  readonly scalable: boolean;
}

function resourceKind({ group, version }: GroupVersion, { singular, shortNames, verbs, scalable, ...described }: Described): ResourceKind {
  return {
    group,
    version,
    ...described,
    ...(singular === undefined || singular === '' ? {} : { singular }),
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(verbs === undefined ? {} : { verbs }),
    ...(scalable ? { scalable } : {}),
  };
}
