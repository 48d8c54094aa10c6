{{- /* The spec of a pod that works on the stores of all services. root, name, labels, script, restart, grace */}}
{{- define "arrears.operatorPod" -}}
{{- $given := dict "root" .root "name" .name }}
{{- $own := include "arrears.service" $given | fromYaml }}
{{- $files := concat .root.Values.files $own.files }}
{{- include "arrears.podBasics" .root }}
serviceAccountName: {{ include "arrears.serviceAccount" .root }}
restartPolicy: {{ .restart }}
terminationGracePeriodSeconds: {{ .grace }}
{{- with $own.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $own.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: {{ .name }}
    image: {{ include "arrears.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    command: [sh, -euc]
    args:
      - |
        {{- with include "arrears.authorities" $given | fromJsonArray }}
        for authority in {{ join " " . }}; do cat $authority; echo; done >/tmp/authorities.pem
        {{- end }}
        {{- .script | trim | nindent 8 }}
    envFrom:
      - configMapRef: {name: {{ $own.existingConfigMap | default (printf "%s-%s" (include "arrears.fullname" .root) .name) }}}
      {{- if include "arrears.secrets" $given | trim }}
      - secretRef: {name: {{ include "arrears.fullname" .root }}-{{ .name }}}
      {{- end }}
    {{- with include "arrears.env" $given | trim }}
    env:
      {{- . | nindent 6 }}
    {{- end }}
    resources:
      {{- toYaml $own.resources | nindent 6 }}
    securityContext:
      {{- include "arrears.containerSecurity" .root | nindent 6 }}
    volumeMounts:
      {{- include "arrears.mounts" (merge (dict "files" $files) $given) | nindent 6 }}
      {{- if .root.Values.backup.existingClaim }}
      - {name: backups, mountPath: /backups}
      {{- end }}
volumes:
  {{- include "arrears.volumes" (merge (dict "files" $files "data" (dict "existingClaim" "" "sizeLimit" "64Mi")) $given) | nindent 2 }}
  {{- with .root.Values.backup.existingClaim }}
  - name: backups
    persistentVolumeClaim: {claimName: {{ . }}}
  {{- end }}
{{- end }}
