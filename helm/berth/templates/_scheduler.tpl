{{/* What kube-scheduler calls the extender by; an IPv6 address stands in brackets. */}}
{{- define "berth.extenderHost" -}}
{{- $address := .Values.extender.clusterIP -}}
{{- if contains ":" $address -}}
[{{ $address }}]
{{- else -}}
{{ $address | default (printf "berth-scheduler-extender.%s.svc" .Release.Namespace) }}
{{- end -}}
{{- end -}}

{{/* The part of a KubeSchedulerConfiguration that makes a kube-scheduler ask the extender; the argument
is a dict of `root` and `files`, the folder of ca.crt, tls.crt and tls.key. */}}
{{- define "berth.extenders" -}}
# The extender is asked after the built-in filters, which stop at a sample of the nodes that would do.
# An admitted pod says in its affinity which nodes its pool has, and in a pool larger than the sample
# its node is nominated, so for it a sample does. A pod that Berth does not manage waits for another try if the
# whole sample is kept from it: taint the nodes of dedicated pools, or say 100 here, which looks at
# all nodes for every pod.
percentageOfNodesToScore: {{ .root.Values.scheduler.percentageOfNodesToScore }}
extenders:
- urlPrefix: https://{{ include "berth.extenderHost" .root }}:8443
  filterVerb: filter
  prioritizeVerb: prioritize
  preemptVerb: preempt
  # A full extender score of 10 adds 10 x 10 x weight = 400. That is above the 300 which the
  # scheduler's own opinions on resources and images can add together (NodeResourcesFit,
  # BalancedAllocation and ImageLocality at 100 each), so the pool's strategy decides between
  # nodes that the pod does not care about; and below the 900 of what the pod's author asked for
  # (taints 300, node affinity, spreading and pod affinity 200 each).
  weight: {{ .root.Values.scheduler.weight }}
  enableHTTPS: true
  # Without a CA the scheduler would silently not verify at all.
  tlsConfig:
    serverName: berth-scheduler-extender.{{ .root.Release.Namespace }}.svc
    caFile: {{ .files }}/ca.crt
    certFile: {{ .files }}/tls.crt
    keyFile: {{ .files }}/tls.key
  # A healthy answer takes a millisecond; while one is late all scheduling waits.
  httpTimeout: 1s
  # Names only. With whole nodes the call costs a hundred times more, and the scheduler then
  # scores every returned node as if it were empty.
  nodeCacheCapable: true
  # Quota and order are held at the gate. Without the extender pods lose pool isolation and
  # strategy scores, never their admission. Strict pool isolation is two lines, and the right to bind
  # for the extender's account; the chart's value scheduler.ignorable sets all three:
  #   ignorable: false   its absence stops all scheduling
  #   bindVerb: bind     it takes a last look at the node and binds, in the scheduler's stead
  # While it is ignorable a refusal to bind would be passed over, so there is no point in asking:
  # kube-scheduler keeps two idle connections to an extender, and with many bindings at once most
  # of them would begin with a TLS handshake.
  ignorable: {{ .root.Values.scheduler.ignorable }}
  {{- if not .root.Values.scheduler.ignorable }}
  bindVerb: bind
  {{- end }}
  # No managedResources: all pods are shown to the extender, so that unmanaged ones too stay off
  # dedicated and reserved nodes.
{{- end -}}

{{/* What a profile of such a kube-scheduler has besides its name. */}}
{{- define "berth.pluginConfig" -}}
# Resources of a pool are on no node: Berth has counted them when it admitted the pod.
pluginConfig:
- name: NodeResourcesFit
  args:
    ignoredResourceGroups: [pool.berth.dev]
{{- end -}}

{{/* kube-scheduler's image: of the version that the cluster has, unless values name another. What
providers add to a version (-gke.100, -eks-1a2b, +k3s1) is not part of it. */}}
{{- define "berth.schedulerImage" -}}
{{- $image := .Values.scheduler.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default (regexFind "^v[0-9]+[.][0-9]+[.][0-9]+" .Capabilities.KubeVersion.Version) }}
{{- end -}}
{{- end -}}

{{/* Configuration of the kube-scheduler that the chart deploys. */}}
{{- define "berth.ownSchedulerConfig" -}}
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
# The default of 50 requests per second would be the bound on what is scheduled. Without a
# kubeconfig it is the pod's service account that asks.
clientConnection:
  qps: 500
  burst: 1000
leaderElection:
  leaderElect: true
  resourceName: berth-scheduler
  resourceNamespace: {{ .Release.Namespace }}
profiles:
- schedulerName: {{ quote .Values.scheduler.name }}
  {{- include "berth.pluginConfig" . | nindent 2 }}
{{ include "berth.extenders" (dict "root" . "files" "/etc/berth/tls") }}
{{- end -}}
