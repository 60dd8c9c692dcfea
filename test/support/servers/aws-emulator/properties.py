"""What ministack 1.5.33 takes from a template and drops without a word: found by reading settings back after a deploy."""
import ministack.services.cloudformation.provisioners as provisioners
import ministack.services.apigateway as apigateway
import ministack.services.dynamodb as dynamodb
import ministack.services.s3 as s3
import ministack.services.secretsmanager as secrets

_HANDLERS = provisioners._RESOURCE_HANDLERS


def mend() -> None:
    _around("AWS::ApiGatewayV2::Api", before=_api_with_cors)
    _around("AWS::DynamoDB::GlobalTable", after=_put_table_settings)
    _around("AWS::DynamoDB::Table", after=_put_table_settings)
    _around("AWS::S3::Bucket", after=_put_lifecycle)
    _around("AWS::S3::Bucket", after=_put_replication)
    _around("AWS::CloudWatch::Alarm", before=_alarm_of_one_metric)
    _HANDLERS["AWS::SecretsManager::Secret"] = _secret_known_by_arn()
    _HANDLERS["AWS::ApiGatewayV2::Stage"] = _stage_that_keeps_route_settings()


def _around(resource_type, before=lambda props: props, after=lambda physical_id, props: None):
    """Looks at the properties before the handler has them, or does more when it is done."""
    handlers = dict(_HANDLERS[resource_type])
    inner_create, inner_update = handlers["create"], handlers.get("update")

    def create(logical_id, props, stack):
        result = inner_create(logical_id, before(props), stack)
        after(result[0], props)
        return result

    def update(physical_id, old, new, *args, **kwargs):
        result = inner_update(physical_id, before(old), before(new), *args, **kwargs)
        after(result[0], new)
        return result

    handlers["create"] = create
    if inner_update:
        handlers["update"] = update
    _HANDLERS[resource_type] = handlers


def _api_with_cors(props):
    """The API wants the names of CORS settings in camel case, the template has them in Pascal case."""
    cors = props.get("CorsConfiguration")
    if not cors:
        return props
    return {**props, "CorsConfiguration": _camel(cors)}


def _camel(settings):
    return {name[0].lower() + name[1:]: value for name, value in settings.items()}


def _put_table_settings(table, props):
    expiry = props.get("TimeToLiveSpecification")
    if expiry:
        dynamodb._update_ttl({"TableName": table, "TimeToLiveSpecification": expiry})
    # A global table has it per region.
    for part in (props, *props.get("Replicas", [])):
        recovery = part.get("PointInTimeRecoverySpecification")
        if recovery:
            enabled = str(recovery["PointInTimeRecoveryEnabled"]).lower() == "true"
            dynamodb._pitr_settings[table] = enabled


def _alarm_of_one_metric(props):
    """Metric math is not supported: the alarm watches the first of its metrics, and never goes off."""
    if "Metrics" not in props:
        return props
    stat = next(one["MetricStat"] for one in props["Metrics"] if "MetricStat" in one)
    others = {name: value for name, value in props.items() if name != "Metrics"}
    metric = stat["Metric"]
    return {
        **others,
        "MetricName": metric["MetricName"],
        "Namespace": metric["Namespace"],
        "Dimensions": metric.get("Dimensions", []),
        "Period": stat["Period"],
        "Statistic": stat["Stat"] if stat["Stat"] in ("Sum", "Average", "Maximum", "Minimum") else "Average",
    }


def _put_lifecycle(bucket, props):
    rules = (props.get("LifecycleConfiguration") or {}).get("Rules", [])
    if rules:
        s3._bucket_lifecycle[bucket] = [_lifecycle_rule(index, rule) for index, rule in enumerate(rules)]
    else:
        s3._bucket_lifecycle.pop(bucket, None)


def _put_replication(bucket, props):
    config = props.get("ReplicationConfiguration")
    if config:
        rules = [{"ID": rule.get("Id", f"rule{index}"), **rule} for index, rule in enumerate(config["Rules"])]
        s3._bucket_replication[bucket] = {"Role": config["Role"], "Rules": rules}
    else:
        s3._bucket_replication.pop(bucket, None)


def _lifecycle_rule(index, rule):
    mended = {"ID": rule.get("Id", f"rule{index}"), "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "ExpirationInDays" in rule:
        mended["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "ExpiredObjectDeleteMarker" in rule:
        mended["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    if "NoncurrentVersionExpiration" in rule:
        days = rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        mended["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(days)}
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
        mended["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": int(days)}
    return mended


def _secret_known_by_arn():
    """`Ref` of a secret is its ARN on AWS; here it is the name, which no role policy matches."""
    inner = _HANDLERS["AWS::SecretsManager::Secret"]

    def name_of(physical_id):
        return next((name for name, secret in secrets._secrets.items() if secret["ARN"] == physical_id), physical_id)

    def create(logical_id, props, stack):
        _, attributes = inner["create"](logical_id, props, stack)
        return attributes["Arn"], attributes

    def update(physical_id, *args, **kwargs):
        name, attributes = inner["update"](name_of(physical_id), *args, **kwargs)
        return secrets._secrets[name]["ARN"], attributes

    def delete(physical_id, props):
        return inner["delete"](name_of(physical_id), props)

    return {**inner, "create": create, "update": update, "delete": delete}


def _stage_that_keeps_route_settings():
    """An update takes no settings away, and is refused where one is of a route that is gone.

    https://github.com/serverless/serverless/pull/8590, https://github.com/aws/serverless-application-model/issues/1939
    """
    inner = _HANDLERS["AWS::ApiGatewayV2::Stage"]

    def in_camel_case(props):
        """The names of settings: the API has them in camel case, the template in Pascal case."""
        routes = {key: _camel(settings) for key, settings in (props.get("RouteSettings") or {}).items()}
        return {**props, "DefaultRouteSettings": _camel(props.get("DefaultRouteSettings") or {}), "RouteSettings": routes}

    def check(api, settings):
        known = {route["routeKey"] for route in apigateway._routes.get(api, {}).values()}
        for key in settings:
            if key not in known:
                raise ValueError(f"Unable to find Route by key {key} within the provided RouteSettings")

    def create(logical_id, props, stack):
        props = in_camel_case(props)
        check(props["ApiId"], props["RouteSettings"])
        return inner["create"](logical_id, props, stack)

    def update(physical_id, old, new, *args, **kwargs):
        stage = apigateway._stages.get(old["ApiId"], {}).get(physical_id, {})
        new = in_camel_case(new)
        settings = {**(stage.get("routeSettings") or {}), **new["RouteSettings"]}
        check(new["ApiId"], settings)
        return inner["update"](physical_id, old, {**new, "RouteSettings": settings}, *args, **kwargs)

    return {**inner, "create": create, "update": update}
