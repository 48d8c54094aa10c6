{{- /* How Kafka and PostgreSQL are reached: settings, and the certificates as folders. */}}
{{- define "arrears.kafkaSettings" -}}
{{- if eq .Values.bus "kafka" }}
{{- with .Values.kafka }}
ARREARS_KAFKA_BOOTSTRAP: {{ .bootstrap | quote }}
ARREARS_KAFKA_SECURITY: {{ .security }}
{{- if and .ca.secret (ne .security "plaintext") }}
ARREARS_KAFKA_CA_FILE: /etc/arrears/kafka-ca/{{ .ca.key }}
{{- end }}
{{- if and .client.secret (ne .security "plaintext") }}
ARREARS_KAFKA_CERT_FILE: /etc/arrears/kafka-client/{{ .client.cert }}
ARREARS_KAFKA_KEY_FILE: /etc/arrears/kafka-client/{{ .client.key }}
{{- end }}
{{- if eq .security "sasl_tls" }}
ARREARS_KAFKA_SASL_MECHANISM: {{ .mechanism }}
{{- if eq .mechanism "OAUTHBEARER" }}
ARREARS_KAFKA_TOKEN_URL: {{ .oauth.tokenUrl | quote }}
ARREARS_KAFKA_CLIENT_ID: {{ .oauth.clientId | quote }}
{{- with .oauth.scope }}
ARREARS_KAFKA_TOKEN_SCOPE: {{ . | quote }}
{{- end }}
{{- else }}
ARREARS_KAFKA_USERNAME: {{ .username | quote }}
{{- end }}
{{- end }}
{{- with .replicationFactor }}
ARREARS_KAFKA_REPLICATION_FACTOR: {{ . | toString | quote }}
{{- end }}
{{- with .minInsyncReplicas }}
ARREARS_KAFKA_MIN_INSYNC_REPLICAS: {{ . | toString | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The values of a service's database, or of the bus's. root, name */}}
{{- define "arrears.database" -}}
{{- if eq .name "bus" }}
{{- .root.Values.busDatabase | toYaml }}
{{- else }}
{{- (include "arrears.service" . | fromYaml).database | toYaml }}
{{- end }}
{{- end }}

{{- /* The authorities of a pod that has the databases of several: files to be put together. root, name */}}
{{- define "arrears.authorities" -}}
{{- $files := list }}
{{- $system := list }}
{{- range $store := include "arrears.stores" . | fromJsonArray }}
{{- $ca := (include "arrears.database" (dict "root" $.root "name" $store) | fromYaml).ca }}
{{- if $ca.secret }}
{{- $files = append $files (printf "/etc/arrears/postgres-ca-%s/%s" $store $ca.key) }}
{{- else }}
{{- $system = list "/etc/ssl/certs/ca-certificates.crt" }}
{{- end }}
{{- end }}
{{- ternary (concat $files $system) list (gt (len $files) 0) | toJson }}
{{- end }}

{{- define "arrears.postgresSettings" -}}
{{- $stores := include "arrears.stores" . | fromJsonArray }}
{{- $database := include "arrears.database" (dict "root" .root "name" (first $stores)) | fromYaml }}
PGSSLMODE: {{ $database.sslMode }}
{{- if and (gt (len $stores) 1) (include "arrears.authorities" . | fromJsonArray) }}
PGSSLROOTCERT: /tmp/authorities.pem
{{- else if $database.ca.secret }}
PGSSLROOTCERT: /etc/arrears/postgres-ca/{{ $database.ca.key }}
{{- else if hasPrefix "verify-" $database.sslMode }}
PGSSLROOTCERT: /etc/ssl/certs/ca-certificates.crt
{{- end }}
{{- end }}

{{- define "arrears.certificates" -}}
{{- $v := .root.Values }}
{{- if and (eq $v.bus "kafka") (ne $v.kafka.security "plaintext") (not .migrates) }}
{{- with $v.kafka.ca.secret }}
- {name: kafka-ca, mountPath: /etc/arrears/kafka-ca, secret: {{ . }}}
{{- end }}
{{- with $v.kafka.client.secret }}
- {name: kafka-client, mountPath: /etc/arrears/kafka-client, secret: {{ . }}}
{{- end }}
{{- end }}
{{- $stores := include "arrears.stores" . | fromJsonArray }}
{{- range $store := $stores }}
{{- $folder := ternary (printf "postgres-ca-%s" $store) "postgres-ca" (gt (len $stores) 1) }}
{{- with (include "arrears.database" (dict "root" $.root "name" $store) | fromYaml).ca.secret }}
- {name: {{ $folder }}, mountPath: /etc/arrears/{{ $folder }}, secret: {{ . }}}
{{- end }}
{{- end }}
{{- end }}
