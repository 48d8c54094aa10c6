{{- define "arrears.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.runAs.user }}
runAsUser: {{ . | int }}
{{- end }}
{{- with .Values.runAs.group }}
runAsGroup: {{ . | int }}
fsGroup: {{ . | int }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "arrears.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
{{- with .Values.runAs.user }}
runAsUser: {{ . | int }}
{{- end }}
{{- with .Values.runAs.group }}
runAsGroup: {{ . | int }}
{{- end }}
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* What every pod's spec begins with. */}}
{{- define "arrears.podBasics" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
securityContext:
  {{- include "arrears.podSecurity" . | nindent 2 }}
{{- end }}

{{- /* The claim of the list of who was erased, for those that write and read it. root, name; migrates */}}
{{- define "arrears.erasures" -}}
{{- if and (has .name (list "ledger" "operator")) (not .migrates) }}{{ .root.Values.erasures.existingClaim }}{{ end }}
{{- end }}

{{- /* root, name, files; migrates: a Job, which needs nothing but its database */}}
{{- define "arrears.mounts" -}}
- {name: data, mountPath: /data}
- {name: tmp, mountPath: /tmp}
{{- if include "arrears.erasures" . }}
- {name: erasures, mountPath: /erasures}
{{- end }}
{{- if and .root.Values.auth.jwks (not .root.Values.auth.jwksUrl) (not .migrates) }}
- {name: jwks, mountPath: /etc/arrears/jwks, readOnly: true}
{{- end }}
{{- range concat (include "arrears.certificates" . | fromYamlArray) .files }}
- {name: {{ .name }}, mountPath: {{ .mountPath }}, readOnly: true}
{{- end }}
{{- end }}

{{- /* root, name, files; data: a service's, else an emptyDir; migrates: a Job, which needs nothing but its database */}}
{{- define "arrears.volumes" -}}
- name: data
{{- if .data.existingClaim }}
  persistentVolumeClaim: {claimName: {{ .data.existingClaim }}}
{{- else }}
  emptyDir: {sizeLimit: {{ .data.sizeLimit }}}
{{- end }}
- name: tmp
  emptyDir: {sizeLimit: 64Mi}
{{- with include "arrears.erasures" . }}
- name: erasures
  persistentVolumeClaim: {claimName: {{ . }}}
{{- end }}
{{- if and .root.Values.auth.jwks (not .root.Values.auth.jwksUrl) (not .migrates) }}
- name: jwks
  configMap: {name: {{ include "arrears.fullname" .root }}-jwks}
{{- end }}
{{- range concat (include "arrears.certificates" . | fromYamlArray) .files }}
- name: {{ .name }}
{{- if .secret }}
  secret: {secretName: {{ .secret }}, defaultMode: 0440}
{{- else }}
  configMap: {name: {{ .configMap }}, defaultMode: 0444}
{{- end }}
{{- end }}
{{- end }}
