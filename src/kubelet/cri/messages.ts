/**
 * The container runtime interface, `runtime.v1`, as of Kubernetes v1.36: services and messages in
 * proto3's syntax, without the Windows parts. Names and numbers are the wire contract
 * (k8s.io/cri-api pkg/apis/runtime/v1/api.proto). `parseProto` reads this once at start.
 */
import { parseProto, type ProtoTable } from "#machinery/protobuf/proto-text.ts";
import { criEnums } from "./messages-enums.ts";
import { statsMessages } from "./messages-stats.ts";

const services = `
service RuntimeService {
  rpc Version(VersionRequest) returns (VersionResponse);
  rpc RunPodSandbox(RunPodSandboxRequest) returns (RunPodSandboxResponse);
  rpc StopPodSandbox(StopPodSandboxRequest) returns (StopPodSandboxResponse);
  rpc RemovePodSandbox(RemovePodSandboxRequest) returns (RemovePodSandboxResponse);
  rpc PodSandboxStatus(PodSandboxStatusRequest) returns (PodSandboxStatusResponse);
  rpc ListPodSandbox(ListPodSandboxRequest) returns (ListPodSandboxResponse);
  rpc StreamPodSandboxes(StreamPodSandboxesRequest) returns (stream StreamPodSandboxesResponse);
  rpc CreateContainer(CreateContainerRequest) returns (CreateContainerResponse);
  rpc StartContainer(StartContainerRequest) returns (StartContainerResponse);
  rpc StopContainer(StopContainerRequest) returns (StopContainerResponse);
  rpc RemoveContainer(RemoveContainerRequest) returns (RemoveContainerResponse);
  rpc ListContainers(ListContainersRequest) returns (ListContainersResponse);
  rpc StreamContainers(StreamContainersRequest) returns (stream StreamContainersResponse);
  rpc ContainerStatus(ContainerStatusRequest) returns (ContainerStatusResponse);
  rpc UpdateContainerResources(UpdateContainerResourcesRequest) returns (UpdateContainerResourcesResponse);
  rpc ReopenContainerLog(ReopenContainerLogRequest) returns (ReopenContainerLogResponse);
  rpc ExecSync(ExecSyncRequest) returns (ExecSyncResponse);
  rpc Exec(ExecRequest) returns (ExecResponse);
  rpc Attach(AttachRequest) returns (AttachResponse);
  rpc PortForward(PortForwardRequest) returns (PortForwardResponse);
  rpc ContainerStats(ContainerStatsRequest) returns (ContainerStatsResponse);
  rpc ListContainerStats(ListContainerStatsRequest) returns (ListContainerStatsResponse);
  rpc StreamContainerStats(StreamContainerStatsRequest) returns (stream StreamContainerStatsResponse);
  rpc PodSandboxStats(PodSandboxStatsRequest) returns (PodSandboxStatsResponse);
  rpc ListPodSandboxStats(ListPodSandboxStatsRequest) returns (ListPodSandboxStatsResponse);
  rpc StreamPodSandboxStats(StreamPodSandboxStatsRequest) returns (stream StreamPodSandboxStatsResponse);
  rpc UpdateRuntimeConfig(UpdateRuntimeConfigRequest) returns (UpdateRuntimeConfigResponse);
  rpc Status(StatusRequest) returns (StatusResponse);
  rpc CheckpointContainer(CheckpointContainerRequest) returns (CheckpointContainerResponse);
  rpc GetContainerEvents(GetEventsRequest) returns (stream ContainerEventResponse);
  rpc ListMetricDescriptors(ListMetricDescriptorsRequest) returns (ListMetricDescriptorsResponse);
  rpc ListPodSandboxMetrics(ListPodSandboxMetricsRequest) returns (ListPodSandboxMetricsResponse);
  rpc StreamPodSandboxMetrics(StreamPodSandboxMetricsRequest) returns (stream StreamPodSandboxMetricsResponse);
  rpc RuntimeConfig(RuntimeConfigRequest) returns (RuntimeConfigResponse);
  rpc UpdatePodSandboxResources(UpdatePodSandboxResourcesRequest) returns (UpdatePodSandboxResourcesResponse);
}
service ImageService {
  rpc ListImages(ListImagesRequest) returns (ListImagesResponse);
  rpc StreamImages(StreamImagesRequest) returns (stream StreamImagesResponse);
  rpc ImageStatus(ImageStatusRequest) returns (ImageStatusResponse);
  rpc PullImage(PullImageRequest) returns (PullImageResponse);
  rpc RemoveImage(RemoveImageRequest) returns (RemoveImageResponse);
  rpc ImageFsInfo(ImageFsInfoRequest) returns (ImageFsInfoResponse);
}
`;

const runtimeMessages = `
message VersionRequest { string version = 1; }
message VersionResponse {
  string version = 1; string runtime_name = 2; string runtime_version = 3;
  string runtime_api_version = 4;
}
message DNSConfig {
  repeated string servers = 1; repeated string searches = 2; repeated string options = 3;
}
message PortMapping {
  Protocol protocol = 1; int32 container_port = 2; int32 host_port = 3; string host_ip = 4;
}
message Mount {
  string container_path = 1; string host_path = 2; bool readonly = 3; bool selinux_relabel = 4;
  MountPropagation propagation = 5; repeated IDMapping uidMappings = 6;
  repeated IDMapping gidMappings = 7; bool recursive_read_only = 8; ImageSpec image = 9;
  string image_sub_path = 10;
}
message IDMapping { uint32 host_id = 1; uint32 container_id = 2; uint32 length = 3; }
message UserNamespace {
  NamespaceMode mode = 1; repeated IDMapping uids = 2; repeated IDMapping gids = 3;
}
message NamespaceOption {
  NamespaceMode network = 1; NamespaceMode pid = 2; NamespaceMode ipc = 3; string target_id = 4;
  UserNamespace userns_options = 5;
}
message Int64Value { int64 value = 1; }
message LinuxSandboxSecurityContext {
  NamespaceOption namespace_options = 1; SELinuxOption selinux_options = 2;
  Int64Value run_as_user = 3; Int64Value run_as_group = 8; bool readonly_rootfs = 4;
  repeated int64 supplemental_groups = 5; SupplementalGroupsPolicy supplemental_groups_policy = 11;
  bool privileged = 6; SecurityProfile seccomp = 9; SecurityProfile apparmor = 10;
  string seccomp_profile_path = 7;
}
message SecurityProfile { SecurityProfile.ProfileType profile_type = 1; string localhost_ref = 2; }
message LinuxPodSandboxConfig {
  string cgroup_parent = 1; LinuxSandboxSecurityContext security_context = 2;
  map<string,string> sysctls = 3; LinuxContainerResources overhead = 4;
  LinuxContainerResources resources = 5;
}
message PodSandboxMetadata {
  string name = 1; string uid = 2; string namespace = 3; uint32 attempt = 4;
}
message PodSandboxConfig {
  PodSandboxMetadata metadata = 1; string hostname = 2; string log_directory = 3;
  DNSConfig dns_config = 4; repeated PortMapping port_mappings = 5; map<string,string> labels = 6;
  map<string,string> annotations = 7; LinuxPodSandboxConfig linux = 8;
}
message RunPodSandboxRequest { PodSandboxConfig config = 1; string runtime_handler = 2; }
message RunPodSandboxResponse { string pod_sandbox_id = 1; }
message StopPodSandboxRequest { string pod_sandbox_id = 1; }
message StopPodSandboxResponse { }
message RemovePodSandboxRequest { string pod_sandbox_id = 1; }
message RemovePodSandboxResponse { }
message PodSandboxStatusRequest { string pod_sandbox_id = 1; bool verbose = 2; }
message PodIP { string ip = 1; }
message PodSandboxNetworkStatus { string ip = 1; repeated PodIP additional_ips = 2; }
message Namespace { NamespaceOption options = 2; }
message LinuxPodSandboxStatus { Namespace namespaces = 1; }
message PodSandboxStatus {
  string id = 1; PodSandboxMetadata metadata = 2; PodSandboxState state = 3; int64 created_at = 4;
  PodSandboxNetworkStatus network = 5; LinuxPodSandboxStatus linux = 6;
  map<string,string> labels = 7; map<string,string> annotations = 8; string runtime_handler = 9;
}
message PodSandboxStatusResponse {
  PodSandboxStatus status = 1; map<string,string> info = 2;
  repeated ContainerStatus containers_statuses = 3; int64 timestamp = 4;
}
message PodSandboxStateValue { PodSandboxState state = 1; }
message PodSandboxFilter {
  string id = 1; PodSandboxStateValue state = 2; map<string,string> label_selector = 3;
}
message ListPodSandboxRequest { PodSandboxFilter filter = 1; }
message PodSandbox {
  string id = 1; PodSandboxMetadata metadata = 2; PodSandboxState state = 3; int64 created_at = 4;
  map<string,string> labels = 5; map<string,string> annotations = 6; string runtime_handler = 7;
}
message ListPodSandboxResponse { repeated PodSandbox items = 1; }
message StreamPodSandboxesRequest { PodSandboxFilter filter = 1; }
message StreamPodSandboxesResponse { repeated PodSandbox pod_sandboxes = 1; }
message PodSandboxAttributes {
  string id = 1; PodSandboxMetadata metadata = 2; map<string,string> labels = 3;
  map<string,string> annotations = 4;
}
message ImageSpec {
  string image = 1; map<string,string> annotations = 2; string user_specified_image = 18;
  string runtime_handler = 19; string image_ref = 20;
}
message KeyValue { string key = 1; bytes value = 2; }
message LinuxContainerResources {
  int64 cpu_period = 1; int64 cpu_quota = 2; int64 cpu_shares = 3; int64 memory_limit_in_bytes = 4;
  int64 oom_score_adj = 5; string cpuset_cpus = 6; string cpuset_mems = 7;
  repeated HugepageLimit hugepage_limits = 8; map<string,string> unified = 9;
  int64 memory_swap_limit_in_bytes = 10;
}
message HugepageLimit { string page_size = 1; uint64 limit = 2; }
message SELinuxOption { string user = 1; string role = 2; string type = 3; string level = 4; }
message Capability {
  repeated string add_capabilities = 1; repeated string drop_capabilities = 2;
  repeated string add_ambient_capabilities = 3;
}
message LinuxContainerSecurityContext {
  Capability capabilities = 1; bool privileged = 2; NamespaceOption namespace_options = 3;
  SELinuxOption selinux_options = 4; Int64Value run_as_user = 5; Int64Value run_as_group = 12;
  string run_as_username = 6; bool readonly_rootfs = 7; repeated int64 supplemental_groups = 8;
  SupplementalGroupsPolicy supplemental_groups_policy = 17; bool no_new_privs = 11;
  repeated string masked_paths = 13; repeated string readonly_paths = 14;
  SecurityProfile seccomp = 15; SecurityProfile apparmor = 16; string apparmor_profile = 9;
  string seccomp_profile_path = 10;
}
message LinuxContainerConfig {
  LinuxContainerResources resources = 1; LinuxContainerSecurityContext security_context = 2;
}
message LinuxContainerUser { int64 uid = 1; int64 gid = 2; repeated int64 supplemental_groups = 3; }
message ContainerMetadata { string name = 1; uint32 attempt = 2; }
message Device { string container_path = 1; string host_path = 2; string permissions = 3; }
message CDIDevice { string name = 1; }
message ContainerConfig {
  ContainerMetadata metadata = 1; ImageSpec image = 2; repeated string command = 3;
  repeated string args = 4; string working_dir = 5; repeated KeyValue envs = 6;
  repeated Mount mounts = 7; repeated Device devices = 8; map<string,string> labels = 9;
  map<string,string> annotations = 10; string log_path = 11; bool stdin = 12; bool stdin_once = 13;
  bool tty = 14; LinuxContainerConfig linux = 15; repeated CDIDevice CDI_devices = 17;
  Signal stop_signal = 18;
}
message CreateContainerRequest {
  string pod_sandbox_id = 1; ContainerConfig config = 2; PodSandboxConfig sandbox_config = 3;
}
message CreateContainerResponse { string container_id = 1; }
message StartContainerRequest { string container_id = 1; }
message StartContainerResponse { }
message StopContainerRequest { string container_id = 1; int64 timeout = 2; }
message StopContainerResponse { }
message RemoveContainerRequest { string container_id = 1; }
message RemoveContainerResponse { }
message ContainerStateValue { ContainerState state = 1; }
message ContainerFilter {
  string id = 1; ContainerStateValue state = 2; string pod_sandbox_id = 3;
  map<string,string> label_selector = 4;
}
message ListContainersRequest { ContainerFilter filter = 1; }
message Container {
  string id = 1; string pod_sandbox_id = 2; ContainerMetadata metadata = 3; ImageSpec image = 4;
  string image_ref = 5; ContainerState state = 6; int64 created_at = 7;
  map<string,string> labels = 8; map<string,string> annotations = 9; string image_id = 10;
}
message ListContainersResponse { repeated Container containers = 1; }
message StreamContainersRequest { ContainerFilter filter = 1; }
message StreamContainersResponse { repeated Container containers = 1; }
message ContainerStatusRequest { string container_id = 1; bool verbose = 2; }
message ContainerStatus {
  string id = 1; ContainerMetadata metadata = 2; ContainerState state = 3; int64 created_at = 4;
  int64 started_at = 5; int64 finished_at = 6; int32 exit_code = 7; ImageSpec image = 8;
  string image_ref = 9; string reason = 10; string message = 11; map<string,string> labels = 12;
  map<string,string> annotations = 13; repeated Mount mounts = 14; string log_path = 15;
  ContainerResources resources = 16; string image_id = 17; ContainerUser user = 18;
  Signal stop_signal = 19;
}
message ContainerStatusResponse { ContainerStatus status = 1; map<string,string> info = 2; }
message ContainerResources { LinuxContainerResources linux = 1; }
message ContainerUser { LinuxContainerUser linux = 1; }
message UpdateContainerResourcesRequest {
  string container_id = 1; LinuxContainerResources linux = 2; map<string,string> annotations = 4;
}
message UpdateContainerResourcesResponse { }
message ExecSyncRequest { string container_id = 1; repeated string cmd = 2; int64 timeout = 3; }
message ExecSyncResponse { bytes stdout = 1; bytes stderr = 2; int32 exit_code = 3; }
message ExecRequest {
  string container_id = 1; repeated string cmd = 2; bool tty = 3; bool stdin = 4; bool stdout = 5;
  bool stderr = 6;
}
message ExecResponse { string url = 1; }
message AttachRequest {
  string container_id = 1; bool stdin = 2; bool tty = 3; bool stdout = 4; bool stderr = 5;
}
message AttachResponse { string url = 1; }
message PortForwardRequest { string pod_sandbox_id = 1; repeated int32 port = 2; }
message PortForwardResponse { string url = 1; }
message NetworkConfig { string pod_cidr = 1; }
message RuntimeConfig { NetworkConfig network_config = 1; }
message UpdateRuntimeConfigRequest { RuntimeConfig runtime_config = 1; }
message UpdateRuntimeConfigResponse { }
message RuntimeCondition {
  string type = 1; bool status = 2; string reason = 3; string message = 4;
}
message RuntimeStatus { repeated RuntimeCondition conditions = 1; }
message StatusRequest { bool verbose = 1; }
message RuntimeHandlerFeatures { bool recursive_read_only_mounts = 1; bool user_namespaces = 2; }
message RuntimeHandler { string name = 1; RuntimeHandlerFeatures features = 2; }
message RuntimeFeatures {
  bool supplemental_groups_policy = 1; bool user_namespaces_host_network = 2;
}
message StatusResponse {
  RuntimeStatus status = 1; map<string,string> info = 2;
  repeated RuntimeHandler runtime_handlers = 3; RuntimeFeatures features = 4;
}
message ContainerAttributes {
  string id = 1; ContainerMetadata metadata = 2; map<string,string> labels = 3;
  map<string,string> annotations = 4;
}
message ReopenContainerLogRequest { string container_id = 1; }
message ReopenContainerLogResponse { }
message CheckpointContainerRequest {
  string container_id = 1; string location = 2; int64 timeout = 3;
}
message CheckpointContainerResponse { }
message GetEventsRequest { }
message ContainerEventResponse {
  string container_id = 1; ContainerEventType container_event_type = 2; int64 created_at = 3;
  PodSandboxStatus pod_sandbox_status = 4; repeated ContainerStatus containers_statuses = 5;
}
message RuntimeConfigRequest { }
message RuntimeConfigResponse { LinuxRuntimeConfiguration linux = 1; }
message LinuxRuntimeConfiguration { CgroupDriver cgroup_driver = 1; }
message UpdatePodSandboxResourcesRequest {
  string pod_sandbox_id = 1; LinuxContainerResources overhead = 2;
  LinuxContainerResources resources = 3;
}
message UpdatePodSandboxResourcesResponse { }
`;

const imageMessages = `
message ImageFilter { ImageSpec image = 1; }
message ListImagesRequest { ImageFilter filter = 1; }
message Image {
  string id = 1; repeated string repo_tags = 2; repeated string repo_digests = 3; uint64 size = 4;
  Int64Value uid = 5; string username = 6; ImageSpec spec = 7; bool pinned = 8;
}
message ListImagesResponse { repeated Image images = 1; }
message StreamImagesRequest { ImageFilter filter = 1; }
message StreamImagesResponse { repeated Image images = 1; }
message ImageStatusRequest { ImageSpec image = 1; bool verbose = 2; }
message ImageStatusResponse { Image image = 1; map<string,string> info = 2; }
message AuthConfig {
  string username = 1; string password = 2; string auth = 3; string server_address = 4;
  string identity_token = 5; string registry_token = 6;
}
message PullImageRequest {
  ImageSpec image = 1; AuthConfig auth = 2; PodSandboxConfig sandbox_config = 3;
}
message PullImageResponse { string image_ref = 1; }
message RemoveImageRequest { ImageSpec image = 1; }
message RemoveImageResponse { }
`;

/** The whole interface. */
export const criTable: ProtoTable = parseProto(
  "runtime.v1",
  services + runtimeMessages + imageMessages + statsMessages,
  criEnums,
);
