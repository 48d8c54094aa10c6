{{- /* What a schema cannot say: values that need one another. */}}
{{- define "arrears.required" -}}
{{- $v := .Values }}
{{- if not (or $v.kek.value $v.kek.existingSecret) }}
{{- fail "kek.existingSecret (or kek.value) is needed: base64 of 32 bytes, kept elsewhere too" }}
{{- end }}
{{- if not (or $v.auth.oidcIssuer $v.auth.jwksUrl $v.auth.jwks) }}
{{- fail "auth.oidcIssuer (or auth.jwksUrl, or auth.jwks) is needed: whose tokens the APIs accept" }}
{{- end }}
{{- if and $v.auth.oidcIssuer (or $v.auth.jwksUrl $v.auth.jwks $v.auth.issuer) }}
{{- fail "auth.oidcIssuer is enough: leave auth.jwksUrl, auth.jwks and auth.issuer out" }}
{{- end }}
{{- if and (eq $v.bus "kafka") (not $v.kafka.bootstrap) }}
{{- fail "kafka.bootstrap is needed, or bus: embedded" }}
{{- end }}
{{- if and (eq $v.bus "embedded") (not (or $v.busDatabase.url $v.busDatabase.existingSecret)) }}
{{- fail "busDatabase.existingSecret (or busDatabase.url) is needed with bus: embedded" }}
{{- end }}
{{- if lt ($v.stop.graceSeconds | int) (add $v.stop.drainSeconds 20 | int) }}
{{- fail "stop.graceSeconds must leave 20 seconds after stop.drainSeconds" }}
{{- end }}
{{- range $name := include "arrears.services" . | fromJsonArray }}
{{- $service := include "arrears.service" (dict "root" $ "name" $name) | fromYaml }}
{{- if not (or $service.database.url $service.database.existingSecret) }}
{{- fail (printf "services.%s.database.existingSecret (or url) is needed" $name) }}
{{- end }}
{{- $scaled := $service.autoscaling }}
{{- if and (eq $scaled.mode "lag") (ne $v.bus "kafka") }}
{{- fail (printf "services.%s.autoscaling.mode lag needs bus: kafka" $name) }}
{{- end }}
{{- $most := ternary $service.replicas $scaled.maxReplicas (eq $scaled.mode "none") | int }}
{{- if gt $most ($v.partitions | int) }}
{{- fail (printf "%s: %d instances, but partitions is %d: the others would have nothing to do" $name $most ($v.partitions | int)) }}
{{- end }}
{{- end }}
{{- range $name := include "arrears.operators" . | fromJsonArray }}
{{- $modes := list }}
{{- range $store := include "arrears.stores" (dict "root" $ "name" $name) | fromJsonArray }}
{{- $modes = append $modes (include "arrears.database" (dict "root" $ "name" $store) | fromYaml).sslMode }}
{{- end }}
{{- if gt (len ($modes | uniq)) 1 }}
{{- fail (printf "%s.enabled needs one sslMode for all databases" $name) }}
{{- end }}
{{- if lt (len (include "arrears.services" $ | fromJsonArray)) 4 }}
{{- fail (printf "%s.enabled needs all four services in this release: it works on all their databases" $name) }}
{{- end }}
{{- end }}
{{- if and $v.backup.enabled (not $v.backup.existingClaim) }}
{{- fail "backup.existingClaim is needed: the PersistentVolumeClaim that backups are kept on" }}
{{- end }}
{{- /* Only a cluster says so: `helm template` knows the APIs it was built with, and no APIService among them. */}}
{{- $apis := .Capabilities.APIVersions }}
{{- if $apis.Has "apiregistration.k8s.io/v1" }}
{{- range $switch, $kind := dict "serviceMonitor" "ServiceMonitor" "rules" "PrometheusRule" }}
{{- if and (index $v.monitoring $switch).enabled (not ($apis.Has (printf "monitoring.coreos.com/v1/%s" $kind))) }}
{{- fail (printf "monitoring.%s.enabled needs Prometheus' operator, and this cluster has no %s (monitoring.coreos.com/v1): install the operator first, or see \"Without the operator\" in docs/operations.md" $switch $kind) }}
{{- end }}
{{- end }}
{{- range $name := include "arrears.services" . | fromJsonArray }}
{{- $mode := (include "arrears.service" (dict "root" $ "name" $name) | fromYaml).autoscaling.mode }}
{{- if and (eq $mode "lag") (not ($apis.Has "keda.sh/v1alpha1/ScaledObject")) }}
{{- fail (printf "services.%s.autoscaling.mode lag needs KEDA, and this cluster has no ScaledObject (keda.sh/v1alpha1): install it first, or scale by cpu" $name) }}
{{- end }}
{{- end }}
{{- if and $v.httpRoute.enabled (not ($apis.Has "gateway.networking.k8s.io/v1/HTTPRoute")) }}
{{- fail "httpRoute.enabled needs the Gateway API, and this cluster has no HTTPRoute (gateway.networking.k8s.io/v1)" }}
{{- end }}
{{- end }}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) }}
{{- fail "httpRoute.parentRefs is needed: the Gateway it hangs on" }}
{{- end }}
{{- end }}
