{{- /* The spec of a Job that brings one schema up to date. root, name, labels, files, secrets, job */}}
{{- define "arrears.migration" -}}
{{- $m := .root.Values.migrations }}
{{- $hooked := eq $m.mode "hook" }}
{{- $fullname := include "arrears.fullname" .root }}
{{- $given := dict "root" .root "name" .name "migrates" true }}
backoffLimit: {{ $m.backoffLimit }}
activeDeadlineSeconds: {{ $m.deadlineSeconds }}
ttlSecondsAfterFinished: {{ $m.ttlSeconds }}
template:
  metadata:
    labels:
      {{- include "arrears.podLabels" .labels | nindent 6 }}
      arrears/migrates: "true"
  spec:
    {{- include "arrears.podBasics" .root | nindent 4 }}
    {{- if and $hooked .root.Values.serviceAccount.create }}
    serviceAccountName: {{ $fullname }}-migrate
    {{- else }}
    serviceAccountName: {{ include "arrears.serviceAccount" .root }}
    {{- end }}
    restartPolicy: Never
    containers:
      - name: migrate
        image: {{ include "arrears.image" .root }}
        imagePullPolicy: {{ .root.Values.image.pullPolicy }}
        args: [migrate, {{ .name }}]
        {{- with .secrets }}
        envFrom:
          - secretRef: {name: {{ $.job }}}
        {{- end }}
        env:
          {{- range $key, $value := include "arrears.settings" $given | fromYaml }}
          {{- if or (hasPrefix "PG" $key) (has $key (list "ARREARS_BUS" "ARREARS_DATA_DIR" "ARREARS_LOG_LEVEL" "ARREARS_PLAINTEXT")) }}
          - {name: {{ $key }}, value: {{ $value | quote }}}
          {{- end }}
          {{- end }}
          {{- include "arrears.env" $given | trim | nindent 10 }}
        resources:
          {{- toYaml $m.resources | nindent 10 }}
        securityContext:
          {{- include "arrears.containerSecurity" .root | nindent 10 }}
        volumeMounts:
          {{- include "arrears.mounts" (dict "root" .root "name" .name "files" .files "migrates" true) | nindent 10 }}
    volumes:
      {{- include "arrears.volumes" (dict "root" .root "name" .name "files" .files "migrates" true "data" (dict "existingClaim" "" "sizeLimit" "64Mi")) | nindent 6 }}
{{- end }}
