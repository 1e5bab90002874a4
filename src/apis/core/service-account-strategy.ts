import { kindStrategy } from "../meta/basic-strategy.ts";
import { type ServiceAccount, serviceAccounts } from "./service-account.ts";

/** Only the names of a service account's secrets mean anything. */
function onlyNames(account: ServiceAccount): void {
  if (!account.secrets) return;
  account.secrets = account.secrets.map(({ name }) => (name === undefined ? {} : { name }));
}

const enforceMountable = "kubernetes.io/enforce-mountable-secrets";

export const serviceAccountStrategy = kindStrategy<ServiceAccount>({
  resource: serviceAccounts,
  updateMetadata: "both",
  prepareForCreate: onlyNames,
  prepareForUpdate: onlyNames,
  warnings({ metadata }, old) {
    const value = metadata.annotations?.[enforceMountable];
    if (value === undefined || old?.metadata.annotations?.[enforceMountable] === value) return [];
    return [
      `metadata.annotations[${enforceMountable}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
    ];
  },
});
