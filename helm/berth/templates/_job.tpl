{{/* Annotations of an object that lives while Helm does one thing; the argument is a dict of `event` and
`weight`. It goes when all of the event went well; after a failure the Job stays, to be looked at. */}}
{{- define "berth.hook" -}}
helm.sh/hook: {{ .event }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
{{- end -}}

{{/* The spec of a Job that runs one command of Berth's image once; the argument is a dict of `root`,
`name`, which is its account's too, and `command`. Helm waits 5 minutes for it. */}}
{{- define "berth.job" -}}
{{- $jobs := .root.Values.jobs -}}
{{- $program := merge (dict "replicas" 1 "priorityClassName" "" "affinity" dict) $jobs -}}
{{- $scope := dict "root" .root "name" .name "program" $program -}}
backoffLimit: 3
activeDeadlineSeconds: 240
template:
  metadata: {{- include "berth.podMetadata" $scope | nindent 4 }}
  spec:
    serviceAccountName: {{ .name }}
    automountServiceAccountToken: true
    restartPolicy: Never
    securityContext: {{- include "berth.podSecurity" .root | nindent 6 }}
    {{- include "berth.placement" $scope | nindent 4 }}
    containers:
    - name: main
      image: {{ include "berth.image" .root }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      command: {{ toJson .command }}
      resources:
        requests: {cpu: 20m, memory: 32Mi}
        limits: {memory: 256Mi}
      securityContext: {{- include "berth.containerSecurity" .root | nindent 8 }}
{{- end -}}
