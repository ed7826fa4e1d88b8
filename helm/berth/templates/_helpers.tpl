{{/* Chart-wide names. Berth is one per cluster: names are fixed, and Helm refuses a second release
because the cluster-wide objects belong to the first. */}}

{{/* The image with its digest, else its tag, else the chart's appVersion. */}}
{{- define "berth.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Labels of everything that belongs to one program; the argument is its name. */}}
{{- define "berth.labels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: berth
{{- end -}}

{{/* The restricted Pod Security profile, for a pod; fsGroup lets it read a mounted private key. */}}
{{- define "berth.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "berth.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Liveness does not depend on the API server: a restart would help nobody while that is down. */}}
{{- define "berth.probes" -}}
livenessProbe:
  httpGet: {path: /livez, port: health}
  periodSeconds: 10
  timeoutSeconds: 2
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: health}
  periodSeconds: 5
  timeoutSeconds: 2
{{- end -}}

{{/* What values say about where pods run; the argument is a dict of `root`, `name` and `program`
(the program's values). Replicas keep off each other's nodes unless `affinity` says otherwise. */}}
{{- define "berth.placement" -}}
{{- with .program.priorityClassName }}
priorityClassName: {{ quote . }}
{{- end }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .program.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .program.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .program.affinity }}
affinity: {{- toYaml .program.affinity | nindent 2 }}
{{- else if gt (int .program.replicas) 1 }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {app.kubernetes.io/name: {{ .name }}}
{{- end }}
{{- end -}}

{{/* Labels and annotations of pods: the program's name and what values add. */}}
{{- define "berth.podMetadata" -}}
labels:
  {{- include "berth.labels" .name | nindent 2 }}
  {{- with .program.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .program.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* How much a program logs is in a file, so that a change needs no restart: log-levels.yaml. The argument
is the program's key there. */}}
{{- define "berth.logLevelArgument" -}}
- --log-level-file=/etc/berth/log-levels/{{ . }}
{{- end -}}

{{- define "berth.logLevelMount" -}}
- {name: log-levels, mountPath: /etc/berth/log-levels, readOnly: true}
{{- end -}}

{{- define "berth.logLevelVolume" -}}
- name: log-levels
  configMap: {name: berth-log-levels, optional: true}
{{- end -}}

{{/* Where traces go, as a flag, and which of them, as OpenTelemetry's own variables. */}}
{{- define "berth.traceArgument" -}}
{{- with .Values.tracing.endpoint }}
- {{ printf "--otlp-endpoint=%s" . | quote }}
{{- end }}
{{- end -}}

{{- define "berth.traceEnvironment" -}}
{{- if .Values.tracing.endpoint }}
env:
- {name: OTEL_TRACES_SAMPLER, value: traceidratio}
- {name: OTEL_TRACES_SAMPLER_ARG, value: {{ .Values.tracing.ratio | quote }}}
{{- with .Values.tracing.headersSecret }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom:
    secretKeyRef: {name: {{ quote . }}, key: headers, optional: true}
{{- end }}
{{- if .Values.tracing.caSecret }}
- {name: OTEL_EXPORTER_OTLP_CERTIFICATE, value: /etc/berth/tracing-ca/ca.crt}
{{- end }}
{{- end }}
{{- end -}}

{{/* Optional, like the headers: traces are no reason for a pod not to start. */}}
{{- define "berth.traceMount" -}}
{{- if and .Values.tracing.endpoint .Values.tracing.caSecret }}
- {name: tracing-ca, mountPath: /etc/berth/tracing-ca, readOnly: true}
{{- end }}
{{- end -}}

{{- define "berth.traceVolume" -}}
{{- if and .Values.tracing.endpoint .Values.tracing.caSecret }}
- name: tracing-ca
  secret: {secretName: {{ quote .Values.tracing.caSecret }}, defaultMode: 0440, optional: true}
{{- end }}
{{- end -}}

{{/* Flags that values add, after the chart's own. */}}
{{- define "berth.arguments" -}}
{{- range .extraArguments }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{/* A budget for a program with more than one replica, else nothing: with one it would block every
drain of its node. */}}
{{- define "berth.disruptionBudget" -}}
{{- if gt (int .program.replicas) 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "berth.labels" .name | nindent 4 }}
spec:
  minAvailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {app.kubernetes.io/name: {{ .name }}}
{{- end }}
{{- end -}}

{{/* Namespaces that no policy of Berth's ever touches. */}}
{{- define "berth.exemptNamespaces" -}}
{{- $namespaces := concat (list "kube-system" "kube-public" "kube-node-lease" .Release.Namespace) .Values.exemptNamespaces | uniq -}}
{{ toJson $namespaces }}
{{- end -}}

{{/* What puts the gate on pods: Policy, Webhook or None. It must not change by itself while Auto says
it: helm template knows no cluster, and says Webhook unless it is told what is served. */}}
{{- define "berth.gate" -}}
{{- $served := .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" -}}
{{- if ne .Values.gate.mode "Auto" -}}
{{ .Values.gate.mode }}
{{- else if $served -}}
Policy
{{- else -}}
Webhook
{{- end -}}
{{- end -}}
