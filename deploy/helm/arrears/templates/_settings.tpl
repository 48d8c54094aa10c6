{{- /* Settings that are not secret, by variable. root, name (a service, `operator`, `backup` or `bus`) */}}
{{- define "arrears.settings" -}}
{{- $v := .root.Values }}
{{- $all := dict
  "ARREARS_BUS" $v.bus
  "ARREARS_PARTITIONS" ($v.partitions | int | toString)
  "ARREARS_DATA_DIR" "/data"
  "ARREARS_HOST" $v.listen
  "ARREARS_OPERATIONS_HOST" $v.listen
  "ARREARS_PLAINTEXT" (join "," $v.plaintext)
  "ARREARS_DRAIN_SECONDS" ($v.stop.drainSeconds | int | toString)
  "ARREARS_AUDIENCE" $v.auth.audience }}
{{- $all = merge $all (include "arrears.kafkaSettings" .root | fromYaml) (include "arrears.postgresSettings" . | fromYaml) }}
{{- if $v.auth.oidcIssuer }}
{{- $_ := set $all "ARREARS_OIDC_ISSUER" $v.auth.oidcIssuer }}
{{- else }}
{{- $_ := set $all "ARREARS_ISSUER" $v.auth.issuer }}
{{- if $v.auth.jwksUrl }}
{{- $_ := set $all "ARREARS_JWKS_URL" $v.auth.jwksUrl }}
{{- else }}
{{- $_ := set $all "ARREARS_JWKS_FILE" "/etc/arrears/jwks/jwks.json" }}
{{- end }}
{{- end }}
{{- if $v.kek.service }}
{{- $_ := set $all "ARREARS_KEK_SERVICE" $v.kek.service }}
{{- end }}
{{- if include "arrears.erasures" . }}
{{- $_ := set $all "ARREARS_ERASURES_FILE" "/erasures/erasures" }}
{{- end }}
{{- if $v.traces.url }}
{{- $_ := set $all "ARREARS_TRACES" $v.traces.url }}
{{- $_ := set $all "ARREARS_TRACE_RATIO" ($v.traces.ratio | toString) }}
{{- end }}
{{- range $other := list "ledger" "dunning" "notifier" "legal" }}
{{- $_ := set $all (printf "ARREARS_%s_URL" (upper $other)) (include "arrears.url" (dict "root" $.root "name" $other)) }}
{{- end }}
{{- $own := dict }}
{{- if ne .name "bus" }}
{{- $own = (include "arrears.service" . | fromYaml).settings }}
{{- end }}
{{- range $name, $value := mergeOverwrite $all (deepCopy $v.settings) $own }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{- /* Secrets whose values were given, by variable: they go into a Secret of the chart's. root, name;
       migrates: a Job, which needs nothing but its database */}}
{{- define "arrears.secrets" -}}
{{- $v := .root.Values }}
{{- if not (or .migrates (eq .name "backup")) }}
{{- with $v.kek.value }}
ARREARS_KEK: {{ . | quote }}
{{- end }}
{{- end }}
{{- if and (eq $v.bus "kafka") (not .migrates) }}
{{- with $v.kafka.password.value }}
ARREARS_KAFKA_PASSWORD: {{ . | quote }}
{{- end }}
{{- with $v.kafka.oauth.clientSecret.value }}
ARREARS_KAFKA_CLIENT_SECRET: {{ . | quote }}
{{- end }}
{{- end }}
{{- if eq $v.bus "embedded" }}
{{- with $v.busDatabase.url }}
ARREARS_BUS_DATABASE_URL: {{ . | quote }}
{{- end }}
{{- end }}
{{- range $store := without (include "arrears.stores" . | fromJsonArray) "bus" }}
{{- with (include "arrears.database" (dict "root" $.root "name" $store) | fromYaml).url }}
ARREARS_{{ upper $store }}_DATABASE_URL: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Secrets that exist already, as a container's `env`. root, name, migrates */}}
{{- define "arrears.env" -}}
{{- $v := .root.Values }}
{{- $refs := dict }}
{{- if not (or .migrates (eq .name "backup")) }}
{{- with $v.kek.existingSecret }}
{{- $_ := set $refs "ARREARS_KEK" (dict "secret" . "key" $v.kek.key) }}
{{- if $v.kek.nextKey }}
{{- $_ := set $refs "ARREARS_KEK_NEXT" (dict "secret" . "key" $v.kek.nextKey) }}
{{- end }}
{{- end }}
{{- end }}
{{- if eq $v.bus "embedded" }}
{{- with $v.busDatabase.existingSecret }}
{{- $_ := set $refs "ARREARS_BUS_DATABASE_URL" (dict "secret" . "key" $v.busDatabase.key) }}
{{- end }}
{{- end }}
{{- if and (eq $v.bus "kafka") (not .migrates) }}
{{- with $v.kafka.password.existingSecret }}
{{- $_ := set $refs "ARREARS_KAFKA_PASSWORD" (dict "secret" . "key" $v.kafka.password.key) }}
{{- end }}
{{- with $v.kafka.oauth.clientSecret.existingSecret }}
{{- $_ := set $refs "ARREARS_KAFKA_CLIENT_SECRET" (dict "secret" . "key" $v.kafka.oauth.clientSecret.key) }}
{{- end }}
{{- end }}
{{- $refs = mergeOverwrite $refs (deepCopy $v.secretSettings) }}
{{- if ne .name "bus" }}
{{- range $store := include "arrears.stores" . | fromJsonArray }}
{{- $database := include "arrears.database" (dict "root" $.root "name" $store) | fromYaml }}
{{- with $database.existingSecret }}
{{- $_ := set $refs (printf "ARREARS_%s_DATABASE_URL" (upper $store)) (dict "secret" . "key" $database.key) }}
{{- end }}
{{- if or $.migrates (has $.name (list "operator" "backup")) }}
{{- with dig "owner" "existingSecret" "" $database }}
{{- $_ := set $refs (printf "ARREARS_%s_OWNER_DATABASE_URL" (upper $store)) (dict "secret" . "key" $database.owner.key) }}
{{- end }}
{{- end }}
{{- end }}
{{- $refs = mergeOverwrite $refs (include "arrears.service" . | fromYaml).secretSettings }}
{{- end }}
{{- range $name, $ref := $refs }}
{{- if or (not $.migrates) (hasPrefix "PG" $name) (hasSuffix "_DATABASE_URL" $name) }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef: {name: {{ $ref.secret }}, key: {{ $ref.key }}}
{{- end }}
{{- end }}
{{- end }}

{{- /* The topics a service reads: what its lag is measured on. */}}
{{- define "arrears.topics" -}}
{{- get (dict
  "ledger" (list "billing" "dunning" "legal")
  "dunning" (list "billing" "ledger" "notifier" "legal")
  "notifier" (list "billing" "ledger" "dunning")
  "legal" (list "billing" "ledger" "dunning")) . | toJson }}
{{- end }}
