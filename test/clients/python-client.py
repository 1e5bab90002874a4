"""What the Python client sees of a cluster, as JSON; the argument is a kubeconfig."""

import json
import sys

from kubernetes import client, config, dynamic, watch
from kubernetes.client.exceptions import ApiException

config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
apps = client.AppsV1Api()
namespace = "default"
seen = {"nodes": [node.metadata.name for node in core.list_node().items]}


def config_map(name, data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name), data=data)


def refusal(call, *args):
    """The status and reason with which the server refuses a call."""
    try:
        call(*args)
    except ApiException as error:
        return [error.status, json.loads(error.body)["reason"]]
    return None


version = core.list_namespaced_config_map(namespace).metadata.resource_version
created = core.create_namespaced_config_map(namespace, config_map("python", {"a": "1"}))
seen["created"] = created.data
seen["conflict"] = refusal(
    core.create_namespaced_config_map, namespace, config_map("python", {})
)
seen["invalid"] = refusal(
    core.create_namespaced_config_map, namespace, config_map("Not A Name", {})
)
merged = core.patch_namespaced_config_map("python", namespace, {"data": {"a": "2", "b": "1"}})
seen["patched"] = merged.data
operations = [{"op": "replace", "path": "/data/a", "value": "3"}]
seen["jsonPatched"] = core.patch_namespaced_config_map("python", namespace, operations).data
core.delete_namespaced_config_map("python", namespace)
seen["gone"] = refusal(core.read_namespaced_config_map, "python", namespace)

seen["events"] = []
watcher = watch.Watch()
for event in watcher.stream(
    core.list_namespaced_config_map,
    namespace,
    resource_version=version,
    field_selector="metadata.name=python",
    timeout_seconds=30,
):
    seen["events"].append([event["type"], event["object"].data["a"]])
    if event["type"] == "DELETED":
        watcher.stop()

labels = {"app": "python"}
apps.create_namespaced_deployment(
    namespace,
    {
        "metadata": {"name": "python"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "c", "image": "nginx"}]},
            },
        },
    },
)
watcher = watch.Watch()
for event in watcher.stream(
    apps.list_namespaced_deployment, namespace, timeout_seconds=30
):
    status = event["object"].status
    if status.ready_replicas == 2:
        seen["ready"] = status.ready_replicas
        watcher.stop()

# The dynamic client knows the kinds from discovery alone.
found = dynamic.DynamicClient(client.ApiClient())
seen["kinds"] = [
    found.resources.get(api_version="apps/v1", kind="Deployment").get(
        name="python", namespace=namespace
    ).kind,
    found.resources.get(api_version="v1", kind="Pod").get(
        namespace=namespace, label_selector="app=python"
    ).items[0].kind,
]
apps.delete_namespaced_deployment("python", namespace)
print(json.dumps(seen))
