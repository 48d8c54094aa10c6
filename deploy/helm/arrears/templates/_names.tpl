{{- define "arrears.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "arrears.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "arrears.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "arrears.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* The services that are deployed, in the order of the events. */}}
{{- define "arrears.services" -}}
{{- $names := list }}
{{- range $name := list "ledger" "dunning" "notifier" "legal" }}
{{- if (include "arrears.service" (dict "root" $ "name" $name) | fromYaml).enabled }}
{{- $names = append $names $name }}
{{- end }}
{{- end }}
{{- $names | toJson }}
{{- end }}

{{- /* What is switched on of that which works on the stores of all services. */}}
{{- define "arrears.operators" -}}
{{- $names := list }}
{{- range $name := list "operator" "backup" }}
{{- if (index $.Values $name).enabled }}
{{- $names = append $names $name }}
{{- end }}
{{- end }}
{{- $names | toJson }}
{{- end }}

{{- /* The databases of a pod: a service's own, or those of all and the bus's. root, name */}}
{{- define "arrears.stores" -}}
{{- if has .name (list "operator" "backup") }}
{{- $names := include "arrears.services" .root | fromJsonArray }}
{{- ternary (append $names "bus") $names (eq .root.Values.bus "embedded") | toJson }}
{{- else }}
{{- list .name | toJson }}
{{- end }}
{{- end }}

{{- /* One service's (or operator's) values: the defaults and what it says otherwise. root, name */}}
{{- define "arrears.service" -}}
{{- $own := ternary (index .root.Values .name) (index .root.Values.services .name) (has .name (list "operator" "backup")) }}
{{- mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy ($own | default dict)) | toYaml }}
{{- end }}

{{- define "arrears.port" -}}
{{- get (dict "ledger" 8001 "dunning" 8002 "notifier" 8003 "legal" 8004) . }}
{{- end }}

{{- /* Where a service tells its metrics and its document. */}}
{{- define "arrears.operationsPort" -}}
{{- get (dict "ledger" 9001 "dunning" 9002 "notifier" 9003 "legal" 9004) . }}
{{- end }}

{{- /* A service's address for the pods of the release. root, name */}}
{{- define "arrears.url" -}}
http://{{ include "arrears.fullname" .root }}-{{ .name }}
{{- end }}

{{- define "arrears.image" -}}
{{- with .Values.image }}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else }}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What never changes over an object's life. root, component */}}
{{- define "arrears.selector" -}}
app.kubernetes.io/name: {{ include "arrears.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* A pod's: another chart with the same pods leaves them alone. */}}
{{- define "arrears.podLabels" -}}
{{ include "arrears.selector" . }}
app.kubernetes.io/part-of: arrears
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "arrears.labels" -}}
{{ include "arrears.podLabels" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "arrears.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "arrears.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- /* A rule of egress. to: peers, none: any address; ports; protocols: TCP unless given */}}
{{- define "arrears.egress" -}}
- ports:
    {{- range $port := .ports }}
    {{- range $protocol := $.protocols | default (list "TCP") }}
    - {protocol: {{ $protocol }}, port: {{ $port }}}
    {{- end }}
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
